/** A file that a tool of another maker can be given. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Calls `use` with the path of a file that holds `bytes`, gone afterwards. */
export async function withFile(
  bytes: Uint8Array,
  use: (file: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "looptrace-"));
  try {
    const file = join(folder, "trace.out");
    await writeFile(file, bytes);
    await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
