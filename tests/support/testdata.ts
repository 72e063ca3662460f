/** Where the traces are that Go's own tests ship; they lie beside the project and are never copied into it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../../../shared/testdata/go/", import.meta.url);

/** The path of one of them, such as `http_1_19_good`, or `undefined` where the machine has none. */
export function goTestdata(name: string): string | undefined {
  const path = fileURLToPath(new URL(name, FOLDER));
  return existsSync(path) ? path : undefined;
}
