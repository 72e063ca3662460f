/** Looking up names. */

import { Reason } from "../../core/reason.ts";
import type { ApiRow } from "./api_table.ts";
import { hostTarget } from "./targets.ts";

const onHost = {
  family: "DNS",
  reason: Reason.Network,
  target: hostTarget(),
} as const;

const QUESTIONS = [
  "resolve",
  "resolve4",
  "resolve6",
  "resolveAny",
  "resolveCaa",
  "resolveCname",
  "resolveMx",
  "resolveNaptr",
  "resolveNs",
  "resolvePtr",
  "resolveSoa",
  "resolveSrv",
  "resolveTlsa",
  "resolveTxt",
  "reverse",
] as const;

const LOOKUPS = ["lookup", "lookupService"] as const;

/** Rows of `node:dns`, of all three runtimes. */
export const NODE_DNS_ROWS: readonly ApiRow[] = [
  {
    ...onHost,
    owner: "dns",
    keys: [...LOOKUPS, ...QUESTIONS],
    how: "callback",
  },
  {
    ...onHost,
    owner: "dns.Resolver.prototype",
    keys: QUESTIONS,
    how: "callback",
  },
  {
    ...onHost,
    owner: "dns.promises",
    keys: [...LOOKUPS, ...QUESTIONS],
    how: "promise",
  },
  {
    ...onHost,
    owner: "dns.promises.Resolver.prototype",
    keys: QUESTIONS,
    how: "promise",
  },
];

/** `Deno.resolveDns`. */
export const DENO_DNS_ROW: ApiRow = {
  ...onHost,
  owner: "Deno",
  keys: ["resolveDns"],
  how: "promise",
};

/** `Bun.dns`. */
export const BUN_DNS_ROW: ApiRow = {
  ...onHost,
  owner: "Bun.dns",
  keys: [...LOOKUPS, ...QUESTIONS],
  how: "promise",
};
