/** Streams, the web's and node's. */
import stream from "node:stream";
import consumers from "node:stream/consumers";
import promises from "node:stream/promises";

/** The body of a response that comes a piece at a time, for 20 ms. */
async function body(h) {
  const response = await fetch(`${h.server.http}/stream?chunks=3&ms=10`);
  return response.body;
}

/** A stream that another task of the program fills: after 10 ms and 20 ms. */
function filled(h) {
  return new ReadableStream({
    async start(controller) {
      for (let i = 0; i < 2; i++) {
        await h.sleep(10);
        controller.enqueue(new TextEncoder().encode("[1]".slice(0, 3 * i)));
      }
      controller.close();
    },
  });
}

/** A sink that takes 5 ms for each chunk. */
function slowSink(h) {
  return new WritableStream({
    write: () => h.sleep(5),
    close: () => h.sleep(5),
    abort: () => h.sleep(5),
  });
}

/** A stream of node's that the loop fills. */
function slowReadable(chunks = ["[1", "]"]) {
  let at = 0;
  return new stream.Readable({
    read() {
      setTimeout(() => this.push(chunks[at++] ?? null), 5);
    },
  });
}

const read = {
  api: "ReadableStreamDefaultReader.read",
  // With hooks, a task of the runtime's own fills the stream.
  waker: "*",
  async run(h) {
    const reader = (await body(h)).getReader();
    await reader.read();
    await h.timed(() => reader.read());
    await h.timed(() => reader.read());
    await reader.cancel();
  },
};

const ofConsumers = ["arrayBuffer", "blob", "buffer", "json", "text"].map((
  key,
) => ({
  api: `stream.consumers.${key}`,
  waker: "*",
  async run(h) {
    await h.timed(() => consumers[key](slowReadable()));
  },
}));

export const snippets = [
  read,
  {
    api: "ReadableStreamDefaultReader.read",
    waker: "*",
    async run(h) {
      const reader = filled(h).getReader();
      await h.timed(() => reader.read());
    },
  },
  {
    api: "ReadableStreamBYOBReader.read",
    waker: "*",
    async run(h) {
      const source = new ReadableStream({
        type: "bytes",
        async pull(controller) {
          await h.sleep(10);
          controller.enqueue(new Uint8Array(4));
        },
      });
      const reader = source.getReader({ mode: "byob" });
      await h.timed(() => reader.read(new Uint8Array(4)));
    },
  },
  {
    api: "ReadableStreamDefaultReader.closed",
    waker: "*",
    async run(h) {
      const reader = filled(h).getReader();
      const reading = (async () => {
        while (!(await reader.read()).done);
      })();
      await h.timed(() => reader.closed);
      await reading;
    },
  },
  {
    api: "ReadableStreamBYOBReader.closed",
    waker: "*",
    async run(h) {
      const source = new ReadableStream({
        type: "bytes",
        async start(controller) {
          await h.sleep(10);
          controller.close();
        },
      });
      const reader = source.getReader({ mode: "byob" });
      await h.timed(() => reader.closed);
    },
  },
  {
    api: "ReadableStream.values",
    waker: "*",
    async run(h) {
      const chunks = (await body(h)).values();
      await chunks.next();
      await h.timed(() => chunks.next());
      await chunks.return();
    },
  },
  {
    api: "ReadableStream.pipeTo",
    waker: "*",
    async run(h) {
      const source = await body(h);
      await h.timed(() => source.pipeTo(new WritableStream()));
    },
  },
  ...["write", "close", "abort"].map((method) => ({
    api: `WritableStreamDefaultWriter.${method}`,
    waker: "*",
    async run(h) {
      const writer = slowSink(h).getWriter();
      await writer.ready;
      await h.timed(() => writer[method]("chunk"));
    },
  })),
  {
    api: "WritableStreamDefaultWriter.ready",
    waker: "*",
    async run(h) {
      const writer = slowSink(h).getWriter();
      const writing = writer.write("chunk");
      await h.timed(() => writer.ready);
      await writing;
    },
  },
  {
    api: "WritableStreamDefaultWriter.closed",
    waker: "*",
    async run(h) {
      const writer = slowSink(h).getWriter();
      const closing = writer.close();
      await h.timed(() => writer.closed);
      await closing;
    },
  },
  ...["close", "abort"].map((method) => ({
    api: `WritableStream.${method}`,
    waker: "*",
    async run(h) {
      const sink = slowSink(h);
      await h.timed(() => sink[method]());
    },
  })),
  {
    api: "stream.promises.pipeline",
    waker: "*",
    async run(h) {
      const sink = new stream.PassThrough().resume();
      await h.timed(() => promises.pipeline(slowReadable(), sink));
    },
  },
  {
    api: "stream.promises.finished",
    waker: "*",
    async run(h) {
      const source = slowReadable().resume();
      await h.timed(() => promises.finished(source));
    },
  },
  {
    api: "stream.pipeline",
    waker: "*",
    async run(h) {
      const sink = new stream.PassThrough().resume();
      await h.timed(() =>
        new Promise((resolve) => {
          stream.pipeline(slowReadable(), sink, resolve);
        })
      );
    },
  },
  {
    api: "stream.finished",
    waker: "*",
    async run(h) {
      const source = slowReadable().resume();
      await h.timed(() =>
        new Promise((resolve) => void stream.finished(source, resolve))
      );
    },
  },
  {
    api: "stream.Readable.iterator",
    waker: "*",
    async run(h) {
      const chunks = slowReadable()[Symbol.asyncIterator]();
      await h.timed(() => chunks.next());
      await h.timed(() => chunks.next());
      await chunks.return();
    },
  },
  ...["toArray", "forEach", "some", "every", "find", "reduce"].map((key) => ({
    api: `stream.Readable.${key}`,
    waker: "*",
    async run(h) {
      const source = slowReadable();
      await h.timed(() =>
        key === "toArray"
          ? source.toArray()
          : source[key](() => key === "every")
      );
    },
  })),
  ...ofConsumers,
  {
    api: "stream.consumers.bytes",
    waker: "*",
    async run(h) {
      if (consumers.bytes === undefined) h.skip("this version has none");
      await h.timed(() => consumers.bytes(slowReadable()));
    },
  },
  ...["text", "json", "bytes", "blob"].map((method) => ({
    api: `ReadableStream.${method}`,
    runtimes: ["bun"],
    waker: "*",
    async run(h) {
      const source = filled(h);
      await h.timed(() => source[method]());
    },
  })),
  ...["Array", "ArrayBuffer", "Blob", "Bytes", "JSON", "Text"].map((kind) => ({
    api: `Bun.readableStreamTo${kind}`,
    runtimes: ["bun"],
    waker: "*",
    async run(h) {
      const source = filled(h);
      await h.timed(() => Bun[`readableStreamTo${kind}`](source));
    },
  })),
  {
    api: "Bun.readableStreamToFormData",
    runtimes: ["bun"],
    waker: "*",
    async run(h) {
      const source = filled(h);
      await h.timed(() => Bun.readableStreamToFormData(source));
    },
  },
];
