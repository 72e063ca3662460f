/** HTTP: the web's client, and bodies as they come. */

import http from "node:http";
import https from "node:https";

/** A client of node's for the counterpart's `module`. */
function ofNode(module, key) {
  const client = { http, https }[module];
  return {
    api: `${module}.${key}`,
    async run(h) {
      const address = h.server[module];
      const url = `${address}/slow?ms=20&token=secret`;
      const target = address.slice(`${module}://`.length);
      const options = { rejectUnauthorized: false, agent: false };
      const response = await h.timed(
        () =>
          new Promise((resolve) => client[key](url, options, resolve).end()),
        { target },
      );
      response.on("data", () => h.burn(0.2));
      await new Promise((resolve) => response.on("end", resolve));
      h.goroutine("data listener");
    },
  };
}

/** A body of each method's kind. */
const BODIES = {
  text: "text",
  json: "[1]",
  arrayBuffer: "bytes",
  bytes: "bytes",
  blob: "bytes",
  formData: "a=1&b=2",
};

/** A response whose body comes 20 ms after its headers. */
function lateBody(h, method) {
  const type = method === "formData"
    ? "application/x-www-form-urlencoded"
    : "application/json";
  const query = new URLSearchParams({ ms: 20, body: BODIES[method], type });
  return fetch(`${h.server.http}/body?${query}`);
}

function ofResponse(method) {
  return {
    api: `Response.${method}`,
    async run(h) {
      const response = await lateBody(h, method);
      await h.timed(() => response[method]());
    },
  };
}

/** A request of the kind that servers get: its body comes from the network. */
function ofRequest(method) {
  return {
    api: `Request.${method}`,
    async run(h) {
      const { body, headers } = await lateBody(h, method);
      const request = new Request("http://localhost/", {
        method: "POST",
        headers,
        body,
        duplex: "half",
      });
      await h.timed(() => request[method]());
    },
  };
}

export const snippets = [
  {
    api: "fetch",
    async run(h) {
      // Node loads it at its first use.
      await (await fetch(h.server.http)).text();
      const target = h.server.http.slice("http://".length);
      const url = `${h.server.http}/slow?ms=20&token=secret`;
      const response = await h.timed(() => fetch(url), { target });
      await response.text();
    },
  },
  {
    api: "fetch",
    async run(h) {
      const options = { method: "POST", body: "text" };
      const url = `${h.server.http}/echo?ms=20`;
      const response = await h.timed(() => fetch(url, options));
      await response.text();
    },
  },
  ...["http", "https"].flatMap((module) => [
    ofNode(module, "request"),
    ofNode(module, "get"),
  ]),
  ...Object.keys(BODIES).flatMap((method) => [
    ofResponse(method),
    ofRequest(method),
  ]),
];
