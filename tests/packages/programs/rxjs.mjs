/** rxjs: streams of timers, promises and microtasks, merged, switched, retried and shared. */
import * as rx from "rxjs";
import { metronome, sleep } from "./steps.mjs";

export default async function main(say) {
  await schedulers(say);
  await timers(say);
  await promises(say);
  await failures(say);
}

/** Who comes first: queue (at once), asap (microtask), async (timer). */
async function schedulers(say) {
  const ticking = metronome(say, 12);
  const sources = [
    rx.scheduled([1, 2], rx.asyncScheduler).pipe(rx.map((n) => `async ${n}`)),
    rx.scheduled([1, 2], rx.asapScheduler).pipe(rx.map((n) => `asap ${n}`)),
    rx.scheduled([1, 2], rx.queueScheduler).pipe(rx.map((n) => `queue ${n}`)),
    rx.from(Promise.resolve("promise")),
    rx.of("of"),
  ];
  rx.merge(...sources).subscribe((value) => say(`schedulers: ${value}`));
  await ticking;
  await rx.lastValueFrom(rx.merge(...sources));
}

async function timers(say) {
  const fast = rx.interval(25).pipe(rx.take(6), rx.map((n) => `fast ${n}`));
  const switched = fast.pipe(
    rx.filter((_, i) => i % 3 === 0),
    rx.switchMap((name) =>
      rx.timer(5, 400).pipe(rx.take(2), rx.map((n) => `${name} then ${n}`))
    ),
  );
  await rx.lastValueFrom(
    switched.pipe(rx.tap((value) => say(`timers: ${value}`))),
  );
  const bursts = rx.concat(rx.of(1, 2, 3), rx.timer(250).pipe(rx.map(() => 4)));
  const settled = await rx.lastValueFrom(
    bursts.pipe(rx.debounceTime(50), rx.toArray()),
  );
  say(`debounced: ${settled}`);
  const buffered = await rx.lastValueFrom(
    rx.of(1, 2, 3, 4, 5).pipe(
      rx.concatMap((n) => rx.of(n).pipe(rx.delay(2))),
      rx.bufferCount(2),
      rx.toArray(),
    ),
  );
  say(`buffered: ${JSON.stringify(buffered)}`);
}

async function promises(say) {
  const ticking = metronome(say, 20);
  const together = rx.from([3, 1, 2]).pipe(
    rx.mergeMap((n) => double(say, n)),
    rx.toArray(),
  );
  const inOrder = rx.from([3, 1, 2]).pipe(
    rx.concatMap((n) => double(say, n)),
    rx.toArray(),
  );
  const both = rx.firstValueFrom(rx.forkJoin({ together, inOrder }));
  await ticking;
  say(JSON.stringify(await both));
  const generated = rx.from(countTo(3)).pipe(rx.scan((sum, n) => sum + n, 0));
  for await (const sum of valuesOf(generated)) say(`sum ${sum}`);
}

async function double(say, n) {
  for (let i = 0; i < n; i++) await null;
  say(`double ${n}`);
  return n * 2;
}

async function* countTo(last) {
  for (let n = 1; n <= last; n++) {
    await sleep(1);
    yield n;
  }
}

async function* valuesOf(source) {
  const values = [];
  await source.forEach((value) => values.push(value));
  yield* values;
}

async function failures(say) {
  let attempts = 0;
  const flaky = rx.defer(() => attempt(++attempts)).pipe(
    rx.retry({ count: 3, delay: 2 }),
  );
  say(`after ${await rx.firstValueFrom(flaky)} attempts`);
  const late = rx.timer(500).pipe(
    rx.timeout(5),
    rx.catchError((error) => rx.of(error.name)),
  );
  say(await rx.firstValueFrom(late));
  const shared = rx.timer(2).pipe(rx.tap(() => say("shared once")), rx.share());
  await Promise.all([rx.lastValueFrom(shared), rx.lastValueFrom(shared)]);
  await rx.lastValueFrom(rx.throwError(() => new Error("to the end"))).catch(
    (error) => say(error.message),
  );
}

async function attempt(count) {
  await null;
  if (count < 3) throw new Error(`attempt ${count}`);
  return count;
}
