/** `looptrace validate`: what a trace is, and what of it Go's tools would mind. */

import type { Trace } from "../format/trace.ts";
import { durationText } from "./duration_text.ts";

/** One line for the trace, and one for each rule of Go's pages that it breaks. */
export function validateText(file: string, trace: Trace): string {
  const lines = [
    `${file}: ${
      trace.cut === undefined ? "good" : "incomplete"
    }, go 1.${trace.version} trace, ${trace.length} events, ` +
    `${trace.goroutines.length - 1} goroutines, ${
      durationText(trace.duration)
    }`,
  ];
  for (const { message, count } of trace.warnings) {
    const times = count > 1 ? `, ${count} times` : "";
    lines.push(`warning: ${message}${times}`);
  }
  return lines.join("\n") + "\n";
}
