/** Every wrong use of the API and every bad sink, one after the other; stdout gets what happened as JSON. */
import {
  isEnabled,
  start,
  type Statistics,
  stop,
  stream,
  TracerBusyError,
  TracerIdleError,
} from "../../../mod.ts";

const seen: Record<string, unknown> = {};

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What `fn` throws or rejects with. */
async function thrownBy(fn: () => unknown): Promise<string> {
  try {
    await fn();
    return "nothing";
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message}`;
  }
}

/** A sink that keeps what it gets. */
function keeper() {
  const chunks: Uint8Array[] = [];
  return {
    chunks,
    closed: 0,
    write(bytes: Uint8Array) {
      chunks.push(bytes);
    },
    close() {
      this.closed++;
    },
  };
}

async function work(): Promise<void> {
  for (let i = 0; i < 20; i++) await sleep(1);
}

seen.idle = await thrownBy(() => stop());
seen.isIdle = await stop().catch((error) => error instanceof TracerIdleError);

const first = keeper();
start(first);
seen.enabled = isEnabled();
try {
  start(keeper());
} catch (error) {
  seen.isBusy = error instanceof TracerBusyError;
  seen.busy = String(error);
}
await work();
const figures: Statistics = await stop();
seen.closed = first.closed;
seen.goroutines = figures.goroutines;
seen.disabled = isEnabled();
await Deno.writeFile(
  Deno.args[0],
  new Uint8Array(await new Blob(first.chunks as BlobPart[]).arrayBuffer()),
);

// A sink that throws at its second batch: the program goes on, stop() tells.
let writes = 0;
start({
  write() {
    if (++writes > 1) throw new RangeError("the disk is full");
  },
}, { batchBytes: 256 });
await work();
seen.wentOn = true;
await sleep(300);
seen.afterThrow = isEnabled();
seen.throwing = await thrownBy(() => stop());
seen.afterThrowAgain = await thrownBy(() => stop());

// One that rejects, and one whose close does.
start({ write: () => Promise.reject(new RangeError("no route to host")) });
await work();
seen.rejecting = await thrownBy(() => stop());
start({
  write() {},
  close: () => Promise.reject(new RangeError("not closed")),
});
await work();
seen.closing = await thrownBy(() => stop());

// A WritableStream does as well.
const pieces: Uint8Array[] = [];
start(
  new WritableStream<Uint8Array>({
    write(bytes) {
      pieces.push(bytes);
    },
  }),
);
await work();
await stop();
await Deno.writeFile(
  Deno.args[1],
  new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()),
);

// A consumer that leaves before its time, one that is aborted, one that never reads.
const reader = stream({ seconds: 60 }).getReader();
await reader.read();
seen.reading = isEnabled();
await reader.cancel();
seen.left = isEnabled();
const abort = new AbortController();
const aborted = stream({ seconds: 60, signal: abort.signal }).getReader();
await aborted.read();
abort.abort();
let last = await aborted.read();
while (!last.done) last = await aborted.read();
seen.aborted = isEnabled();
seen.abortedBefore = await thrownBy(() => stream({ signal: abort.signal }));
seen.stillOff = isEnabled();

// As many as may be, and one more.
const readers = Array.from(
  { length: 4 },
  () => stream({ seconds: 60 }).getReader(),
);
seen.tooMany = await thrownBy(() => stream());
await Promise.all(readers.map((one) => one.cancel()));
seen.allLeft = isEnabled();

console.log(JSON.stringify(seen));
