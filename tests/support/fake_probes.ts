/** Probes that a test moves by hand, and that can be made to fail. */
import type {
  Collection,
  CollectionProbe,
  RuntimeProbes,
} from "../../src/core/probe.ts";

/** Which call of a probe throws. */
export type Failing = "start" | "collect" | "stop" | "heap";

/** See the head of this file. */
export class FakeProbes implements RuntimeProbes {
  /** Calls, in order. */
  readonly calls: string[] = [];
  /** What the next `collect` reports. */
  due: Collection[] = [];
  heapUsed = 1000;
  failing: Failing | undefined;
  /** What `start` was given; stays after `stop`, as a late callback would. */
  report: (collections: readonly Collection[]) => void = () => {};
  readonly collections: CollectionProbe;

  constructor(everyMs?: number) {
    this.collections = {
      everyMs,
      start: (report) => {
        this.#called("start");
        this.report = report;
      },
      collect: (began, ended) => {
        this.#called("collect", ` ${began} to ${ended}`);
        this.report(this.due.splice(0));
      },
      stop: () => this.#called("stop"),
    };
  }

  readonly heap = () => {
    if (this.failing === "heap") throw new Error("no figures");
    return { used: this.heapUsed, goal: 2 * this.heapUsed };
  };

  #called(call: Failing, more = ""): void {
    this.calls.push(call + more);
    if (this.failing === call) throw new Error(`${call} failed`);
  }
}
