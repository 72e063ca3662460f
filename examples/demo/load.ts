/**
 * Asks the routes of a server again and again, to give it something to do.
 *
 *     deno run --allow-net examples/demo/load.ts URL SECONDS PATH...
 *
 * Prints how many answers there were, as JSON. Exit status 1 if one was wrong.
 */

/** Requests under way at a time. */
const CLIENTS = 16;

const [base, seconds, ...paths] = Deno.args;
const end = performance.now() + Number(seconds) * 1000;
const answers: Record<string, number> = {};
let failures = 0;

await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
console.log(JSON.stringify({ answers, failures }));
if (failures > 0) Deno.exit(1);

/** Asks for one route after the other, beginning with the one at `offset`. */
async function client(offset: number): Promise<void> {
  for (let i = offset; performance.now() < end; i++) {
    const path = paths[i % paths.length];
    const response = await fetch(new URL(path, base));
    await response.arrayBuffer();
    if (response.ok) answers[path] = (answers[path] ?? 0) + 1;
    else failures++;
  }
}
