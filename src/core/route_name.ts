/**
 * From what a client asked for to a name that is the same for all requests of
 * a route: `GET /users/17?token=x` to `GET /users/:id`. Names go into the
 * trace, so they must be few, and must not carry what identifies people.
 */

/** Segments of a path that are kept; the rest becomes `*`. */
const MAX_SEGMENTS = 8;

/** Longest name, in characters. Longer paths end early, in `*`. */
const MAX_NAME_LENGTH = 160;

/** A longer segment is taken for a value, not for a word of a route. */
const MAX_SEGMENT_LENGTH = 40;

/** Names remembered per method; when full, all are forgotten. */
const MAX_CACHED = 1024;

/** Longer paths are not remembered, so that the cache stays small in bytes. */
const MAX_CACHED_LENGTH = 256;

const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "CONNECT",
  "TRACE",
  "QUERY",
] as const;

const OTHER_METHOD = "OTHER";

/** Path to name, for each method. */
const caches = new Map<string, Map<string, string>>(
  [...METHODS, OTHER_METHOD].map((method) => [method, new Map()]),
);

/**
 * The name of the route that `urlOrPath` belongs to, with its method.
 *
 * `urlOrPath` is what `Request.url` or node:http's `request.url` holds. Query
 * and fragment are left out, as are parameters after `;`. Numbers, UUIDs, long
 * hex, tokens, and whatever is escaped or holds an `@` become `:id`. At most
 * eight segments are kept. The result is printable ASCII.
 */
export function routeName(method: string, urlOrPath: string): string {
  let cache = caches.get(method);
  if (cache === undefined) {
    method = OTHER_METHOD;
    cache = caches.get(OTHER_METHOD)!;
  }
  const path = pathOf(urlOrPath);
  const known = cache.get(path);
  if (known !== undefined) return known;
  const name = nameOf(method, path);
  if (path.length <= MAX_CACHED_LENGTH) {
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(path, name);
  }
  return name;
}

/** The path in a URL, an absolute path, or what else a request line holds. */
function pathOf(urlOrPath: string): string {
  let start = 0;
  if (urlOrPath.charCodeAt(0) !== SLASH) {
    const scheme = urlOrPath.indexOf("://");
    // `*` of OPTIONS, or host and port of CONNECT, which are not to be kept.
    if (scheme < 0) return "*";
    start = urlOrPath.indexOf("/", scheme + 3);
  }
  const query = urlOrPath.indexOf("?");
  let end = query < 0 ? urlOrPath.length : query;
  const fragment = urlOrPath.indexOf("#");
  if (fragment >= 0 && fragment < end) end = fragment;
  // No slash after the host, or none before the query.
  if (start < 0 || start >= end) return "/";
  return start === 0 && end === urlOrPath.length
    ? urlOrPath
    : urlOrPath.slice(start, end);
}

const SLASH = 47;

function nameOf(method: string, path: string): string {
  let name = `${method} `;
  if (path === "*") return name + path;
  for (let start = 0, kept = 0; start < path.length; kept++) {
    const slash = path.indexOf("/", start + 1);
    const end = slash < 0 ? path.length : slash;
    const segment = segmentName(path, start + 1, end);
    const full = name.length + 1 + segment.length > MAX_NAME_LENGTH - 2;
    if (kept === MAX_SEGMENTS || full) return `${name}/*`;
    name += `/${segment}`;
    start = end;
  }
  return name;
}

/** A whole number, or several with marks between them: a date, a position. */
const NUMBERS = /^-?\d[\d.,:_~-]*$/;
/** A version of an API, which is a word of the route. */
const VERSION = /^v\d{1,3}(\.\d{1,3}){0,2}$/i;
const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/gi;
/** Digits after a mark, or four and more anywhere. */
const INNER_NUMBER = /(?<=[-_=:,~+!$])\d+(?![^\W_])|\d{4,}/g;
/** Escaped text, an address or a handle: somebody's value. */
const VALUE = /[%@]/;
/** Hex with a digit in it that stands alone: the hash in a file's name. */
const INNER_HEX = /(?<![A-Za-z\d])(?=[a-f]*\d)[\da-f]{8,}(?![A-Za-z\d])/gi;
const NOT_PRINTABLE = /[^\x21-\x7e]/g;

/** What a segment of a path is called. */
function segmentName(path: string, start: number, end: number): string {
  if (end - start > MAX_SEGMENT_LENGTH) return ":id";
  // The two that make up nearly all paths, without a regular expression.
  const kind = kindOf(path, start, end);
  if (kind === "number") return ":id";
  let segment = path.slice(start, end);
  if (kind === "word") return segment;
  const parameters = segment.indexOf(";");
  if (parameters >= 0) segment = segment.slice(0, parameters);
  if (NUMBERS.test(segment) || VALUE.test(segment)) return ":id";
  if (VERSION.test(segment)) return segment;
  segment = segment.replace(UUID, ":id").replace(NOT_PRINTABLE, "_");
  if (isHexId(segment) || isToken(segment)) return ":id";
  return segment.replace(INNER_HEX, ":id").replace(INNER_NUMBER, ":id");
}

/** A short plain word in lower case, a whole number, or something else. */
function kindOf(
  path: string,
  start: number,
  end: number,
): "word" | "number" | "other" {
  // Of 16 letters and more, a word may yet be hex.
  if (end - start >= 16) return "other";
  let letters = 0;
  let digits = 0;
  for (let i = start; i < end; i++) {
    const code = path.charCodeAt(i);
    if ((code >= 97 && code <= 122) || code === 45 || code === 95) letters++;
    else if (code >= 48 && code <= 57) digits++;
    else return "other";
  }
  if (digits === 0) return "word";
  return letters === 0 ? "number" : "other";
}

/** Hex that is long, or not so long but certainly no word. */
function isHexId(segment: string): boolean {
  if (!/^(0x)?[\da-f]{8,}$/i.test(segment)) return false;
  return segment.length >= 16 || /\d/.test(segment);
}

/**
 * A base64url-like id: long, without pause for a word to end, and with the mix
 * of cases and digits that random ids have and route names have not.
 */
function isToken(segment: string): boolean {
  if (!/^[\w.~=+-]{10,}$/.test(segment)) return false;
  const digits = segment.replace(/\D/g, "").length;
  const upper = /[A-Z]/.test(segment);
  const lower = /[a-z]/.test(segment);
  if (segment.length >= 16) {
    // Random text of 16 has a digit with 94 %; of 24, two with 90 %.
    if (digits >= 1 && upper) return true;
    if (segment.length >= 20 && digits >= 2) return true;
    if (segment.length >= 20 && upper && lower) return isMixed(segment);
    return false;
  }
  return digits >= 1 && upper && lower && isMixed(segment);
}

/** Whether the kind of character changes too often for words in camel case. */
function isMixed(segment: string): boolean {
  // Each: a lower-case letter, digit or mark followed by another kind.
  const changes = segment.match(/[a-z][A-Z\d]|\d[a-zA-Z]|[A-Z]{2}[a-z]/g);
  return changes !== null && changes.length * 4 >= segment.length;
}
