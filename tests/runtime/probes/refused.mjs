/** Asks for CPU samples where they may not be had, over the API and over HTTP, then records without them. */
import process from "node:process";

const { handler, start, stop } = await import(process.argv[2]);

let refusal = "";
try {
  start({ write() {} }, { cpu: true });
} catch (error) {
  refusal = `${error.name}: ${error.message}`;
}
const answer = await handler()(
  new Request("http://localhost/debug/trace?cpu=1"),
);
start({ write() {} });
const { notes } = await stop();
const { status } = answer;
const text = await answer.text();
console.log(JSON.stringify({ refusal, status, text, notes }));
