/** What a bench is to `bench/main.ts`: a name and a function that gives rows of the table. */
import type { BenchRow } from "./table.ts";

export interface BenchOptions {
  /** Fewer and shorter rounds: a look at whether it works, with a wide spread. */
  readonly quick: boolean;
}

export interface Bench {
  /** What `--only` asks for. */
  readonly name: string;
  run(options: BenchOptions): Promise<BenchRow[]>;
}
