/**
 * A way to a folder that takes the system about a millisecond: whatever is done to a file behind it takes long enough to
 * be measured. It leads through symbolic links, so that no runtime can shorten it by looking at the text.
 */
import fs from "node:fs";
import { join } from "node:path";

/** The system follows 40 at most. */
const LINKS = 30;

/** Below the longest path of 4095 bytes. */
const DETOURS = 750;

const made = new Map();

/** Path of a folder inside `h.folder`, the same at each call. */
export function slowFolder(h) {
  let first = made.get(h.folder);
  if (first === undefined) {
    first = make(h.folder);
    made.set(h.folder, first);
  }
  return first;
}

function make(folder) {
  const end = join(folder, "behind");
  fs.mkdirSync(join(end, "a"), { recursive: true });
  const ways = join(folder, "ways");
  fs.mkdirSync(join(ways, "a"), { recursive: true });
  const detour = "a/../".repeat(DETOURS);
  fs.symlinkSync(end, join(ways, String(LINKS)));
  for (let i = LINKS - 1; i >= 0; i--) {
    fs.symlinkSync(`${detour}${i + 1}`, join(ways, String(i)));
  }
  return join(ways, "0");
}

let count = 0;

/** Path of a new file behind the slow way; its name is `file-N.txt`. */
export function slowFile(h, text = "text") {
  const name = `file-${count++}.txt`;
  slowFolder(h);
  fs.writeFileSync(join(h.folder, "behind", name), text);
  return join(slowFolder(h), name);
}

/** Path of nothing yet, behind the slow way. */
export function slowName(h) {
  return join(slowFolder(h), `name-${count++}`);
}
