/**
 * What the server asks: prices over HTTP, stock over a line protocol on TCP, both after a few milliseconds. A process of
 * its own; prints its addresses.
 */
import http from "node:http";
import net from "node:net";

const HOST = "127.0.0.1";
const ANSWER_MS = 8;

const prices = http.createServer((request, response) => {
  const id = Number(request.url.split("/").at(-1));
  setTimeout(() => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id, price: id * 1.5 }));
  }, ANSWER_MS);
});

const stock = net.createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", (line) => {
    setTimeout(() => socket.end(String(Number(line) * 10)), ANSWER_MS);
  });
});

function listen(server) {
  return new Promise((resolve) => {
    server.listen(0, HOST, () => resolve(server.address().port));
  });
}

const tcp = await listen(stock);
console.log(`--tcp=${tcp} --backend=http://${HOST}:${await listen(prices)}`);
