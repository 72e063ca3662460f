/** Looking up names, at a server of names that takes 10 ms to answer. */
import dns from "node:dns";

/** A name that nobody has asked for yet: answers are kept. */
function freshName() {
  return `host-${count++}.looptrace.test`;
}

let count = 0;

const QUESTIONS = [
  "resolve",
  "resolve4",
  "resolve6",
  "resolveAny",
  "resolveCaa",
  "resolveCname",
  "resolveMx",
  "resolveNaptr",
  "resolveNs",
  "resolvePtr",
  "resolveSoa",
  "resolveSrv",
  "resolveTlsa",
  "resolveTxt",
  "reverse",
];

/** Those that ask the system, and it no server for these. */
const LOOKUPS = ["lookup", "lookupService"];

function argumentsOf(key) {
  if (key === "lookup") return ["localhost"];
  if (key === "lookupService") return ["127.0.0.1", 80];
  return key === "reverse" ? [`127.0.0.${count++}`] : [freshName()];
}

const MISSING = "this runtime has it not";

function servers(h) {
  return [`${h.server.host}:${h.server.dnsPort}`];
}

/** Waits for the callback, whatever it is told: the wait is what counts. */
function calledBack(object, key, args) {
  return new Promise((resolve) => object[key](...args, () => resolve()));
}

/** Of functions with a callback: `get` gives the object that has them. */
function callbacks(owner, keys, get) {
  return keys.map((key) => ({
    api: `${owner}.${key}`,
    async run(h) {
      const object = get(h);
      if (object[key] === undefined) h.skip(MISSING);
      const args = argumentsOf(key);
      const api = nameOn(h, owner, key);
      await h.timed(
        () => calledBack(object, key, args),
        { api, target: args[0], waker: `${api} callback` },
      );
    },
  }));
}

/** Of functions with a promise. */
function promises(owner, keys, get, runtimes) {
  return keys.map((key) => ({
    api: `${owner}.${key}`,
    runtimes,
    async run(h) {
      const object = get(h);
      if (object[key] === undefined) h.skip(MISSING);
      const args = argumentsOf(key);
      const api = nameOn(h, owner, key);
      try {
        // Bun's are functions of its own, around the system's.
        await h.timed(
          () => object[key](...args),
          { api, target: args[0], waker: "*" },
        );
      } catch {
        h.skip("there is no such name for this runtime");
      }
    },
  }));
}

/** With servers set anew, Node puts the methods of a resolver in its functions' place. */
function nameOn(h, owner, key) {
  const isModule = owner === "dns" || owner === "dns.promises";
  const isRebound = isModule && h.runtime === "node" && !LOOKUPS.includes(key);
  return `${owner}${isRebound ? ".Resolver" : ""}.${key}`;
}

function configured(module) {
  return (h) => {
    module.setServers(servers(h));
    return module;
  };
}

function ofBun(h) {
  Bun.dns.setServers([[4, h.server.host, h.server.dnsPort]]);
  return Bun.dns;
}

function resolver(module) {
  return (h) => {
    const made = new module.Resolver();
    made.setServers(servers(h));
    return made;
  };
}

export const snippets = [
  ...callbacks("dns", LOOKUPS, () => dns),
  ...callbacks("dns", QUESTIONS, configured(dns)),
  ...callbacks("dns.Resolver", QUESTIONS, resolver(dns)),
  ...promises("dns.promises", LOOKUPS, () => dns.promises),
  ...promises("dns.promises", QUESTIONS, configured(dns.promises)),
  ...promises("dns.promises.Resolver", QUESTIONS, resolver(dns.promises)),
  ...promises("Bun.dns", ["lookup"], () => Bun.dns, ["bun"]),
  {
    api: "Bun.dns.lookupService",
    runtimes: ["bun"],
    untested: "finds this machine in a file, before it returns",
  },
  ...promises("Bun.dns", QUESTIONS, ofBun, ["bun"]),
  {
    api: "Deno.resolveDns",
    runtimes: ["deno"],
    async run(h) {
      const name = freshName();
      const nameServer = { ipAddr: h.server.host, port: h.server.dnsPort };
      await h.timed(
        () => Deno.resolveDns(name, "A", { nameServer }),
        { target: name },
      );
    },
  },
];
