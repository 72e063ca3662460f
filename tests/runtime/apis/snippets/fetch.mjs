/** The web's client. */

export const snippets = [{
  api: "fetch",
  untested: "its wait does not name it yet",
  async run(h) {
    // Node loads it at its first use.
    await (await fetch(h.server.http)).text();
    const response = await h.timed(() => fetch(`${h.server.http}/slow?ms=20`));
    await response.text();
  },
}];
