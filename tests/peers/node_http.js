// Node's own HTTP on both sides, a mapping by hand to Enad.
const http = require("node:http");
const { toEnad, toReceipt } = require("./mapping.js");

const backend = new URL(process.env.PEER_BACKEND);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
const read = (stream, then) => {
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => then(JSON.parse(Buffer.concat(chunks))));
};

const server = http.createServer((request, response) => read(request, (order) => {
  const body = JSON.stringify(toEnad(order));
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
  const call = http.request(
    { host: backend.hostname, port: backend.port, path: process.env.PEER_PATH, method: "POST", agent, headers },
    (answer) => read(answer, (said) => {
      const receipt = JSON.stringify(toReceipt(said, order.email));
      response.writeHead(201, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(receipt) });
      response.end(receipt);
    }));
  call.end(body);
}));
server.listen(Number(process.env.PEER_PORT), "127.0.0.1");
