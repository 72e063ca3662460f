/** A DNS server's one answer: what a question of each type is told, whatever the name (RFC 1035). */
import { Buffer } from "node:buffer";

const HEADER_BYTES = 12;
/** A pointer to the question's name. */
const SAME_NAME = [0xc0, HEADER_BYTES];
const TTL_SECONDS = [0, 0, 0, 60];

const NAME = name("host.test");

/** Data of the answer by type of the question; a type that is not here gets an answer without any. */
const DATA = {
  1: [127, 0, 0, 1], // A
  2: NAME, // NS
  5: NAME, // CNAME
  6: [...NAME, ...NAME, ...words(0, 1, 0, 60, 0, 60, 0, 60, 0, 60)], // SOA
  12: NAME, // PTR
  15: [...words(10), ...NAME], // MX
  16: [5, ...Buffer.from("hello")], // TXT
  28: [...Array(15).fill(0), 1], // AAAA
  33: [...words(1, 1, 80), ...NAME], // SRV
  35: [...words(1, 1), 1, 0x73, 1, 0x70, 0, ...NAME], // NAPTR
  52: [3, 1, 1, 0xab, 0xcd], // TLSA
  257: [0, 5, ...Buffer.from("issue"), ...Buffer.from("host.test")], // CAA
};

/** ANY asks for all there is. */
const ANY = 255;

function name(text) {
  const labels = text.split(".").flatMap((label) => [
    label.length,
    ...Buffer.from(label),
  ]);
  return [...labels, 0];
}

function words(...values) {
  return values.flatMap((value) => [value >> 8, value & 255]);
}

/** The answer to the bytes of a question. */
export function dnsAnswer(question) {
  const nameEnd = question.indexOf(0, HEADER_BYTES) + 1;
  const asked = question.readUInt16BE(nameEnd);
  const types = asked === ANY ? [1, 16] : asked in DATA ? [asked] : [];
  const answers = types.flatMap((type) => [
    ...SAME_NAME,
    ...words(type, 1),
    ...TTL_SECONDS,
    ...words(DATA[type].length),
    ...DATA[type],
  ]);
  return Buffer.from([
    ...question.subarray(0, 2),
    ...words(0x8180, 1, types.length, 0, 0),
    ...question.subarray(HEADER_BYTES, nameEnd + 4),
    ...answers,
  ]);
}
