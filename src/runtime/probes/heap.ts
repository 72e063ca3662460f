/** The size of the heap, by calls that take microseconds: none walks it. */

import type { HeapFigures } from "../../core/probe.ts";
import { builtin, getProcess } from "../builtins.ts";

/** V8's own counters: one microsecond. */
export function v8Heap(): () => HeapFigures {
  return () => {
    const figures = builtin("node:v8")!.getHeapStatistics!();
    return { used: figures.used_heap_size, goal: figures.total_heap_size };
  };
}

/** JavaScriptCore's: ten microseconds. Its `v8.getHeapStatistics` walks the heap. */
export function processHeap(): () => HeapFigures {
  return () => {
    const { heapUsed, heapTotal } = getProcess().memoryUsage();
    return { used: heapUsed, goal: heapTotal };
  };
}
