/** What the programs share: waiting, and a metronome that makes the order of microtasks visible. */

/** Resolves after `ms` milliseconds. */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A promise and what settles it; Promise.withResolvers is not in Node 20. */
export function deferred() {
  let resolve;
  let reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/**
 * Says `tick N` from one microtask to the next, `count` times: whatever is said between two of them happened in
 * that tick, so one microtask more or less anywhere changes the transcript.
 */
export async function metronome(say, count) {
  for (let tick = 1; tick <= count; tick++) {
    await null;
    say(`tick ${tick}`);
  }
}

/** Asks for `path` and tells the answer in one line. */
export async function ask(url, path, init) {
  const response = await fetch(url + path, init);
  const body = await response.text();
  return `${init?.method ?? "GET"} ${path}: ${response.status} ${body}`;
}

/** Resolves with the base URL once a server of node:http listens on a port of its own. */
export function listen(server) {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(
      0,
      "127.0.0.1",
      () => resolve(`http://127.0.0.1:${server.address().port}`),
    );
  });
}

/** Closes a server of node:http, idle connections included. */
export function close(server) {
  return new Promise((resolve, reject) => {
    server.close((error) => error ? reject(error) : resolve());
    server.closeAllConnections?.();
  });
}
