/** Cryptography. */
import crypto from "node:crypto";
import { Buffer } from "node:buffer";
import { promisify } from "node:util";

const BIG = 4 << 20;
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const CIPHER = { name: "AES-GCM", iv: new Uint8Array(12) };
const NEWER = "only the newest runtimes have it, with keys of their own";

const { subtle } = globalThis.crypto;

function cipherKey(usages = ["encrypt", "decrypt"]) {
  return subtle.generateKey({ name: "AES-GCM", length: 256 }, true, usages);
}

function passwordKey() {
  return subtle.importKey("raw", new Uint8Array(9), "PBKDF2", false, [
    "deriveBits",
    "deriveKey",
  ]);
}

const DERIVATION = {
  name: "PBKDF2",
  hash: "SHA-256",
  salt: new Uint8Array(16),
  iterations: 20_000,
};

/** Each function of crypto.subtle: prepares, and gives what calls it. */
const SUBTLE = {
  async decrypt() {
    const key = await cipherKey();
    const data = await subtle.encrypt(CIPHER, key, new Uint8Array(BIG));
    return () => subtle.decrypt(CIPHER, key, data);
  },
  async deriveBits() {
    const key = await passwordKey();
    return () => subtle.deriveBits(DERIVATION, key, 256);
  },
  async deriveKey() {
    const key = await passwordKey();
    const kind = { name: "AES-GCM", length: 256 };
    return () => subtle.deriveKey(DERIVATION, key, kind, true, ["encrypt"]);
  },
  digest: () => () => subtle.digest("SHA-512", new Uint8Array(BIG)),
  async encrypt() {
    const key = await cipherKey();
    return () => subtle.encrypt(CIPHER, key, new Uint8Array(BIG));
  },
  async exportKey() {
    const key = await cipherKey();
    return () => subtle.exportKey("raw", key);
  },
  generateKey: () => () => subtle.generateKey(CURVE, true, ["sign", "verify"]),
  importKey: () => () =>
    subtle.importKey("raw", new Uint8Array(32), "AES-GCM", true, ["encrypt"]),
  async sign() {
    const { privateKey } = await subtle.generateKey(CURVE, true, [
      "sign",
      "verify",
    ]);
    return () => subtle.sign(SIGNATURE, privateKey, new Uint8Array(BIG));
  },
  async unwrapKey() {
    const key = await cipherKey();
    const wrapping = await cipherKey(["wrapKey", "unwrapKey"]);
    const wrapped = await subtle.wrapKey("raw", key, wrapping, CIPHER);
    return () =>
      subtle.unwrapKey("raw", wrapped, wrapping, CIPHER, "AES-GCM", true, [
        "encrypt",
      ]);
  },
  async verify() {
    const { privateKey, publicKey } = await subtle.generateKey(CURVE, true, [
      "sign",
      "verify",
    ]);
    const data = new Uint8Array(BIG);
    const signature = await subtle.sign(SIGNATURE, privateKey, data);
    return () => subtle.verify(SIGNATURE, publicKey, signature, data);
  },
  async wrapKey() {
    const key = await cipherKey();
    const wrapping = await cipherKey(["wrapKey", "unwrapKey"]);
    return () => subtle.wrapKey("raw", key, wrapping, CIPHER);
  },
};

const SUBTLE_NEWER = [
  "decapsulateBits",
  "decapsulateKey",
  "encapsulateBits",
  "encapsulateKey",
  "getPublicKey",
];

/** Of an elliptic curve: finding primes may take seconds on a busy machine. */
const curve = { namedCurve: "P-256" };

/** Arguments for each function of node:crypto with a callback. */
const CALLBACKS = {
  argon2: () => ["argon2id", {
    message: "password",
    nonce: Buffer.alloc(16),
    parallelism: 1,
    tagLength: 32,
    memory: 8192,
    passes: 2,
  }],
  checkPrime: () => [crypto.generatePrimeSync(256)],
  generateKey: () => ["hmac", { length: 8192 }],
  generateKeyPair: () => ["ec", curve],
  generatePrime: () => [128],
  hkdf: () => ["sha512", Buffer.alloc(BIG), "salt", "info", 64],
  pbkdf2: () => ["password", "salt", 20_000, 64, "sha512"],
  randomBytes: () => [BIG],
  randomFill: () => [Buffer.alloc(BIG)],
  scrypt: () => ["password", "salt", 64],
  sign: () => ["sha512", Buffer.alloc(BIG), privateKey()],
  verify: () => {
    const data = Buffer.alloc(BIG);
    const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", curve);
    return ["sha512", data, publicKey, crypto.sign("sha512", data, privateKey)];
  },
};

function privateKey() {
  return crypto.generateKeyPairSync("ec", curve).privateKey;
}

/** Which of them block when they are given no callback, under the same name. */
const EITHER = ["randomBytes", "sign", "verify"];

const DONE = "this runtime is done before it returns";

/** Functions of crypto.subtle of which that is so. */
const AT_ONCE = {
  bun: ["exportKey", "generateKey", "importKey", "unwrapKey", "wrapKey"],
  deno: ["exportKey", "importKey", "unwrapKey", "wrapKey"],
};

const MISSING = "this runtime has it not";

function calledBack(key, args) {
  return new Promise((resolve, reject) => {
    crypto[key](...args, (error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}

const onSubtle = Object.entries(SUBTLE).map(([key, prepare]) => ({
  api: `crypto.subtle.${key}`,
  async run(h) {
    if (AT_ONCE[h.runtime]?.includes(key)) h.skip(DONE);
    const use = await prepare();
    await h.timed(use);
  },
}));

const callbacks = Object.entries(CALLBACKS).map(([key, args]) => ({
  api: `crypto.${key}`,
  waker: `crypto.${key} callback`,
  async run(h) {
    if (crypto[key] === undefined) h.skip(MISSING);
    const given = args();
    await h.timed(() => calledBack(key, given));
  },
}));

const blocking = Object.entries(CALLBACKS).map(([key, args]) => {
  const name = EITHER.includes(key) ? key : `${key}Sync`;
  return {
    api: `crypto.${name}`,
    run: (h) => {
      if (crypto[name] === undefined) h.skip(MISSING);
      const given = args();
      h.sync(() => crypto[name](...given));
    },
  };
});

const others = [
  {
    api: "crypto.randomInt",
    waker: "crypto.randomInt callback",
    async run(h) {
      if (h.runtime === "deno") h.skip(DONE);
      // It takes from a store that its first call fills.
      await h.timed(() => calledBack("randomInt", [1000]));
    },
  },
  {
    api: "crypto.generateKeyPair",
    async run(h) {
      const generate = promisify(crypto.generateKeyPair);
      await h.timed(() => generate("ec", curve), { waker: "*" });
    },
  },
  ...["decapsulate", "diffieHellman", "encapsulate"].map((key) => ({
    api: `crypto.${key}`,
    untested: NEWER,
  })),
  ...SUBTLE_NEWER.map((key) => ({
    api: `crypto.subtle.${key}`,
    untested: NEWER,
  })),
  ...["hash", "verify"].flatMap((key) => [{
    api: `Bun.password.${key}`,
    runtimes: ["bun"],
    async run(h) {
      const given = key === "hash" ? [] : [Bun.password.hashSync("password")];
      await h.timed(() => Bun.password[key]("password", ...given));
    },
  }, {
    api: `Bun.password.${key}Sync`,
    runtimes: ["bun"],
    run: (h) => {
      const given = key === "hash" ? [] : [Bun.password.hashSync("password")];
      h.sync(() => Bun.password[`${key}Sync`]("password", ...given));
    },
  }]),
];

export const snippets = [...onSubtle, ...callbacks, ...blocking, ...others];
