/** Builds `bench/go/parse` with Go 1.19, whose own trace parser it times. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findGoTools } from "../../tests/support/go_tools.ts";
import { run } from "../../tests/support/processes.ts";

const BUILD_MS = 300_000;
const RUN_MS = 120_000;

/** What `bench/go/parse/main.go` prints. */
export interface GoParse {
  readonly go: string;
  readonly events: number;
  readonly ms: number;
  readonly peakBytes: number;
}

/** The program, ready to parse one file after the other. */
export interface GoParser {
  parse(file: string): Promise<GoParse>;
  /** Deletes the binary. */
  remove(): Promise<void>;
}

/**
 * `undefined` when no Go of 1.19 to 1.22 is installed.
 *
 * Only Go's own commands may import `internal/trace`, so an overlay tells the compiler that our program is the source
 * of one of them, `addr2line`. Nothing of Go's tree is copied or changed.
 *
 * @throws {Error} When it does not compile.
 */
export async function buildGoParser(): Promise<GoParser | undefined> {
  const { go119 } = await findGoTools();
  if (go119 === undefined) return undefined;
  const { stdout } = await run(go119.go, ["env", "GOROOT"]);
  const command = join(
    new TextDecoder().decode(stdout).trim(),
    "src/cmd/addr2line",
  );
  const folder = await mkdtemp(join(tmpdir(), "looptrace-go-"));
  const remove = (): Promise<void> =>
    rm(folder, { recursive: true, force: true });
  const ours = fileURLToPath(new URL("../go/parse/main.go", import.meta.url));
  const overlay = join(folder, "overlay.json");
  const binary = join(folder, "parse");
  await writeFile(
    overlay,
    JSON.stringify({ Replace: { [join(command, "main.go")]: ours } }),
  );
  const built = await run(
    go119.go,
    ["build", "-overlay", overlay, "-o", binary, "cmd/addr2line"],
    { env: { GOTOOLCHAIN: "local" }, timeoutMs: BUILD_MS },
  );
  if (built.code !== 0) {
    await remove();
    throw new Error(`Cannot build bench/go/parse: ${built.stderr}`);
  }
  return {
    async parse(file) {
      const { code, stdout, stderr } = await run(binary, [file], {
        timeoutMs: RUN_MS,
      });
      if (code !== 0) {
        throw new Error(`Cannot parse ${file} with Go: ${stderr}`);
      }
      return JSON.parse(new TextDecoder().decode(stdout));
    },
    remove,
  };
}
