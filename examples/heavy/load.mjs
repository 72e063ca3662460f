/**
 * Uses every route of the server for a while: `load.mjs URL SECONDS`. Prints how many requests were answered; ends with 1
 * if one was not.
 */
import process from "node:process";

const CLIENTS = 8;
const [url, seconds = "5"] = process.argv.slice(2);
const end = performance.now() + Number(seconds) * 1000;
let answered = 0;

/** One after the other: a client's requests of one round. */
const ROUND = [
  (i) => get(`/files/${i}`),
  (i) => get(`/price/${i}`),
  (i) => get(`/orders/${i % 100}`),
  (i) => put(`/files/${i}`, `file ${i} `.repeat(3000)),
  (i) => get(`/stock/${i}`),
  (i) => get(`/archive/${i}`),
  () => get("/dashboard"),
  (i) => get(`/login/user${i}`),
];

async function get(path) {
  const response = await fetch(url + path);
  await response.arrayBuffer();
  check(response, path);
}

async function put(path, body) {
  const response = await fetch(url + path, { method: "PUT", body });
  await response.text();
  check(response, path);
}

function check({ ok, status }, path) {
  if (!ok) throw new Error(`Cannot get ${path}: found ${status}, wanted 200`);
  answered++;
}

async function client(number) {
  for (let i = number; performance.now() < end; i++) {
    await ROUND[i % ROUND.length](i);
  }
}

await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
console.log(`${answered} requests were answered`);
