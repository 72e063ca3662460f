import { test } from "node:test";
import { assert, assertEquals } from "../support/assert.ts";
import { findGoTools } from "../support/go_tools.ts";
import { goPingPong } from "../../bench/support/go_bench.ts";

const skip = (await findGoTools()).go126 === undefined &&
  "Go 1.23 or later is not installed";

test(
  "goPingPong() gives what Go's tracer adds to a cycle",
  { skip },
  async () => {
    const result = await goPingPong({ pairs: 3, roundTrips: 2_000 });
    assert(result !== undefined, "Go is installed");
    assertEquals([result.pairs, result.cycles], [3, 4_000]);
    assert(
      result.offNs > 10 && result.onNs > result.offNs,
      JSON.stringify(result),
    );
    assert(
      result.addedLowNs <= result.addedNs &&
        result.addedNs <= result.addedHighNs,
      JSON.stringify(result),
    );
    assert(
      result.addedCpuNs > result.addedNs / 4,
      JSON.stringify(result),
    );
    assert(
      result.bytesPerEvent > 2 && result.bytesPerEvent < 50,
      JSON.stringify(result),
    );
  },
);
