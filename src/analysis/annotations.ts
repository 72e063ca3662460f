/** What the program itself marked: user tasks and regions, with their durations. */

import { EventType } from "../format/event_catalogue.ts";
import type { Trace } from "../format/trace.ts";
import { Histogram } from "./histogram.ts";

/** User tasks or regions of one name. Times are nanoseconds. */
export interface AnnotationSummary {
  readonly name: string;
  /** Those that began within the trace. */
  readonly count: number;
  /** Those of them that ended within it; the figures below are theirs. */
  readonly complete: number;
  readonly total: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** User tasks and regions by name, those with the longest total first. */
export interface Annotations {
  readonly tasks: readonly AnnotationSummary[];
  readonly regions: readonly AnnotationSummary[];
  /** UserLog events. */
  readonly logs: number;
}

/** Begin of something open, and the index of its name. */
interface Open {
  readonly name: number;
  readonly begin: number;
}

/** Finds the user tasks, regions and logs of `trace` in one pass. */
export function findAnnotations(trace: Trace): Annotations {
  const { events } = trace;
  const { type, time, go } = events;
  const tasks = new Durations(trace);
  const regions = new Durations(trace);
  /** By task id. */
  const openTasks = new Map<number, Open>();
  /** By goroutine, outermost first. */
  const openRegions = new Map<number, Open[]>();
  let logs = 0;
  for (let row = 0; row < events.length; row++) {
    switch (type[row]) {
      case EventType.UserTaskCreate: {
        const name = events.argument(row, 2);
        tasks.begin(name);
        openTasks.set(events.argument(row, 0), { name, begin: time[row] });
        break;
      }
      case EventType.UserTaskEnd: {
        const id = events.argument(row, 0);
        const open = openTasks.get(id);
        if (open !== undefined) tasks.end(open.name, time[row] - open.begin);
        openTasks.delete(id);
        break;
      }
      case EventType.UserRegion: {
        const name = events.argument(row, 2);
        if (events.argument(row, 1) === 0) {
          regions.begin(name);
          const open = { name, begin: time[row] };
          const stack = openRegions.get(go[row]);
          if (stack === undefined) openRegions.set(go[row], [open]);
          else stack.push(open);
          break;
        }
        const open = openRegions.get(go[row])?.pop();
        if (open !== undefined) regions.end(open.name, time[row] - open.begin);
        break;
      }
      case EventType.GoEnd: {
        // Go closes what a goroutine leaves open at its end.
        const stack = openRegions.get(go[row]) ?? [];
        for (const { name, begin } of stack) {
          regions.end(name, time[row] - begin);
        }
        openRegions.delete(go[row]);
        break;
      }
      case EventType.UserLog:
        logs++;
        break;
    }
  }
  return { tasks: tasks.summaries(), regions: regions.summaries(), logs };
}

class Durations {
  readonly #trace: Trace;
  /** By index of the name. */
  readonly #byName: Map<number, { count: number; histogram: Histogram }> =
    new Map();

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  begin(name: number): void {
    const known = this.#byName.get(name);
    if (known !== undefined) known.count++;
    else this.#byName.set(name, { count: 1, histogram: new Histogram() });
  }

  /** Something of this name that began has ended. */
  end(name: number, duration: number): void {
    this.#byName.get(name)?.histogram.add(duration);
  }

  summaries(): AnnotationSummary[] {
    return [...this.#byName].map(([name, { count, histogram }]) => ({
      name: this.#trace.strings.text(name),
      count,
      complete: histogram.count,
      total: histogram.total,
      median: histogram.quantile(0.5),
      p99: histogram.quantile(0.99),
      max: histogram.max,
    })).sort((a, b) => b.total - a.total || b.count - a.count);
  }
}
