/** Cryptography: what the runtimes do on other threads, and what blocks the loop. */

import { Reason } from "../../core/reason.ts";
import { wrapEither } from "../wrappers/either.ts";
import type { ApiRow } from "./api_table.ts";

const family = "crypto";
const reason = Reason.Sync;

/** With a callback they go on beside the program, without one they block. */
const either: ApiRow = {
  family,
  owner: "crypto",
  keys: [
    "decapsulate",
    "diffieHellman",
    "encapsulate",
    "randomBytes",
    "randomInt",
    "sign",
    "verify",
  ],
  how: "own",
  reason,
  note: "without a callback: a call that blocks",
  wrap: (context, owner) => wrapEither(either, context, owner, "sync"),
};

/** Rows of all three runtimes. */
export const CRYPTO_ROWS: readonly ApiRow[] = [
  {
    family,
    owner: "crypto.subtle",
    keys: [
      "decapsulateBits",
      "decapsulateKey",
      "decrypt",
      "deriveBits",
      "deriveKey",
      "digest",
      "encapsulateBits",
      "encapsulateKey",
      "encrypt",
      "exportKey",
      "generateKey",
      "getPublicKey",
      "importKey",
      "sign",
      "unwrapKey",
      "verify",
      "wrapKey",
    ],
    how: "promise",
    reason,
  },
  {
    family,
    owner: "crypto",
    keys: [
      "argon2",
      "checkPrime",
      "generateKey",
      "generateKeyPair",
      "generatePrime",
      "hkdf",
      "pbkdf2",
      "randomFill",
      "scrypt",
    ],
    how: "callback",
    reason,
  },
  either,
  {
    family,
    owner: "crypto",
    keys: [
      "argon2Sync",
      "checkPrimeSync",
      "generateKeyPairSync",
      "generateKeySync",
      "generatePrimeSync",
      "hkdfSync",
      "pbkdf2Sync",
      "randomFillSync",
      "scryptSync",
    ],
    how: "sync",
    reason,
  },
];

/** Rows of Bun's own. */
export const BUN_CRYPTO_ROWS: readonly ApiRow[] = [
  {
    family,
    owner: "Bun.password",
    keys: ["hash", "verify"],
    how: "promise",
    reason,
  },
  {
    family,
    owner: "Bun.password",
    keys: ["hashSync", "verifySync"],
    how: "sync",
    reason,
  },
];
