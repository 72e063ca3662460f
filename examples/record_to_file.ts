/**
 * Records a piece of work from inside the program into a file.
 *
 *     deno run --allow-write=trace.out examples/record_to_file.ts
 *     go tool trace trace.out
 */

import { start, stop } from "@looptrace/looptrace";

const file = await Deno.open("trace.out", {
  write: true,
  create: true,
  truncate: true,
});

start(file.writable);
await work();
const statistics = await stop();

console.log("trace.out is written:", statistics);

/** Four workers take jobs from one list until it is empty. */
async function work(): Promise<void> {
  const jobs = Array.from({ length: 40 }, (_, i) => i);
  await Promise.all([1, 2, 3, 4].map(() => takeJobs(jobs)));
}

async function takeJobs(jobs: number[]): Promise<void> {
  let job = jobs.pop();
  while (job !== undefined) {
    await prepare(job);
    compute(job);
    job = jobs.pop();
  }
}

async function prepare(job: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, job % 10));
}

function compute(job: number): number {
  let sum = 0;
  for (let i = 0; i < 100_000; i++) sum += Math.sqrt(i * job);
  return sum;
}
