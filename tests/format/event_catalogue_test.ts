import { test } from "node:test";
import { assert, assertEquals } from "../support/assert.ts";
import {
  EVENT_SPECS,
  EventType,
  leadByte,
} from "../../src/format/event_catalogue.ts";

/** Lead bytes of all 49 types as Go writes them (spec, section 5). */
const LEAD_BYTES = "41 02 c3 84 45 06 87 08 49 0a 4b 8c cd 8e 0f 50 51 52 53 " +
  "54 d5 56 57 58 59 5a 5b 5c dd 1e 5f 60 61 62 23 24 25 66 a7 a8 e9 6a 6b " +
  "2c ed ae ef f0 f1";

test("EVENT_SPECS is in order of type number and names each type once", () => {
  assertEquals(EVENT_SPECS.length, 49);
  EVENT_SPECS.forEach((spec, index) => {
    assertEquals(spec.type, index + 1);
    assertEquals(EventType[spec.name], spec.type);
  });
  assertEquals(Object.keys(EventType).length, EVENT_SPECS.length);
});

test("leadByte() gives the byte that Go writes, for every type", () => {
  const written = EVENT_SPECS.map(({ type }) =>
    leadByte(type).toString(16).padStart(2, "0")
  );
  assertEquals(written.join(" "), LEAD_BYTES);
});

test("EVENT_SPECS keeps every event within five values", () => {
  for (const { name, args, stack, timed } of EVENT_SPECS) {
    const values = args.length + (stack ? 1 : 0) + (timed ? 1 : 0);
    assert(values <= 5, `${name} has ${values}`);
  }
});
