/** p-queue: concurrency, priorities, pauses, time limits, failures, and who comes first in which microtask. */
import PQueue from "p-queue";
import { metronome, sleep } from "./steps.mjs";

export default async function main(say) {
  await order(say);
  await priorities(say);
  await limits(say);
}

/** Jobs that are done at once: everything is a matter of microtasks. */
async function order(say) {
  const queue = new PQueue({ concurrency: 2 });
  for (const name of ["active", "idle", "add", "next", "completed", "empty"]) {
    queue.on(
      name,
      () => say(`${name}: ${queue.size} wait, ${queue.pending} run`),
    );
  }
  const ticking = metronome(say, 40);
  const jobs = [1, 2, 3, 4, 5].map((job) => queue.add(() => quick(say, job)));
  jobs.forEach((job, i) =>
    job.then((value) => say(`job ${i + 1} gave ${value}`))
  );
  await queue.onEmpty();
  say("empty");
  await queue.onIdle();
  say("idle");
  await ticking;
}

async function quick(say, job) {
  say(`job ${job} starts`);
  if (job % 2 === 0) await Promise.resolve();
  await nested(job);
  say(`job ${job} ends`);
  return job * 10;
}

async function nested(job) {
  if (job > 3) return await Promise.resolve(job);
}

async function priorities(say) {
  const queue = new PQueue({ concurrency: 1, autoStart: false });
  const done = [3, 1, 2, 1].map((priority, i) =>
    queue.add(
      () => sleep(2).then(() => say(`job ${i} of priority ${priority}`)),
      {
        priority,
      },
    )
  );
  say(`${queue.size} wait, paused: ${queue.isPaused}`);
  queue.start();
  await done[0];
  queue.pause();
  await done[2];
  say(`${queue.size} left over while paused`);
  queue.start();
  await Promise.all(done);
  say(`${queue.size} left over`);
}

async function limits(say) {
  const queue = new PQueue({ concurrency: 2, timeout: 150 });
  const controller = new AbortController();
  const jobs = await Promise.allSettled([
    queue.add(() => new Promise(() => {})),
    queue.add(() => sleep(1).then(() => "in time")),
    queue.add(() => fail("no luck")),
    queue.add(({ signal }) => sleep(5).then(() => signal.throwIfAborted()), {
      signal: controller.signal,
    }),
    (controller.abort(new Error("not wanted")), queue.onSizeLessThan(1)),
  ]);
  for (const { status, value, reason } of jobs) {
    say(
      `${status}: ${
        reason === undefined ? value : `${reason.name} ${reason.message}`
      }`,
    );
  }
  await queue.onIdle();
  const all = await queue.addAll([1, 2, 3].map((n) => async () => await n * n));
  say(`squares: ${all}`);
}

async function fail(text) {
  await null;
  throw new RangeError(text);
}
