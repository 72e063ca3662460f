/**
 * Which host and port a call is for, from its arguments: never a path, a query
 * or a password. Nothing of the program's is called for it.
 */

const HAS_AUTHORITY = /^([a-z][a-z0-9+.-]*):[\\/]{2}([^\\/?#]*)/i;

/** A host, or an address in brackets, and a port. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

const DEFAULT_PORTS: { readonly [scheme: string]: string } = {
  "http": "80",
  "ws": "80",
  "https": "443",
  "wss": "443",
  "postgres": "5432",
  "postgresql": "5432",
  "mysql": "3306",
  "redis": "6379",
  "rediss": "6379",
};

/** `host:port` of a URL as text, or undefined if it names no host. */
export function hostOfUrl(url: string): string | undefined {
  const match = HAS_AUTHORITY.exec(url);
  if (match === null) return undefined;
  const [, scheme, authority] = match;
  const host = authority.slice(authority.lastIndexOf("@") + 1).toLowerCase();
  if (!HOST.test(host)) return undefined;
  const port = DEFAULT_PORTS[scheme.toLowerCase()];
  return /:\d+$/.test(host) || port === undefined ? host : `${host}:${port}`;
}

/** `host:port` of what names a remote: text, a URL, a Request. */
export function hostOf(remote: unknown): string | undefined {
  if (typeof remote === "string") return hostOfUrl(remote);
  if (remote instanceof URL) return hostOfUrl(remote.href);
  return remote instanceof Request ? hostOfUrl(remote.url) : undefined;
}

/** `host:port`, or `:port` where no host is given. */
export function hostAndPort(host: unknown, port: unknown): string | undefined {
  const name = typeof host === "string" && host !== "" ? host : "";
  const isAddress = name.includes(":") && !name.startsWith("[");
  const shown = isAddress ? `[${name}]` : name;
  const number = typeof port === "number" ? `${port}` : port;
  if (typeof number !== "string" || !/^\d{1,5}$/.test(number)) {
    return HOST.test(shown) ? shown : undefined;
  }
  return shown === "" || HOST.test(shown) ? `${shown}:${number}` : undefined;
}

/** The own property `key` of `object`, unless a getter would have to say. */
export function field(object: unknown, key: string): unknown {
  if (typeof object !== "object" || object === null) return undefined;
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

/** Where options of the kind `{ hostname, port }` or `{ path }` lead. */
export function hostOfOptions(
  options: unknown,
  defaultHost = "",
): string | undefined {
  const path = field(options, "path") ?? field(options, "unix");
  if (typeof path === "string" && field(options, "port") === undefined) {
    return baseName(path);
  }
  const host = field(options, "hostname") ?? field(options, "host");
  return hostAndPort(host ?? defaultHost, field(options, "port"));
}

/** What `net.connect` and its like are given: options, `port, host`, or a path. */
export function hostOfConnect(args: readonly unknown[]): string | undefined {
  const [first, second] = args;
  if (typeof first === "number" || typeof first === "string") {
    const host = typeof second === "string" ? second : "localhost";
    const isPort = typeof first === "number" || /^\d+$/.test(first);
    return isPort ? hostAndPort(host, first) : baseName(first);
  }
  return typeof first === "object" && first !== null
    ? hostOfOptions(first, "localhost")
    : undefined;
}

/** What `http.request` and its like are given: a URL, options, or both. */
export function hostOfRequest(
  args: readonly unknown[],
  defaultPort: string,
): string | undefined {
  const [first, second] = args;
  const isUrl = typeof first === "string" || first instanceof URL;
  const options = isUrl ? second : first;
  const host = field(options, "hostname") ?? field(options, "host");
  if (isUrl && typeof host !== "string") return hostOf(first);
  const port = field(options, "port") ?? field(options, "defaultPort");
  const path = field(options, "socketPath");
  if (typeof path === "string") return baseName(path);
  return hostAndPort(host ?? "localhost", port ?? defaultPort);
}

/** The last part of a socket's path. */
function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
