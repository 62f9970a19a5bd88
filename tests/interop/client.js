// A client on npm `ws` for the interop checks: each line of stdin is a job of jobs.py, each of stdout an answer.
"use strict";
const fs = require("fs");
const readline = require("readline");
const { converse } = require("./converse.js");
const place = process.argv[2];
const WebSocket = require(require.resolve("ws", { paths: [place] }));

const OPTIONS = {
  server_no_context_takeover: "serverNoContextTakeover",
  client_no_context_takeover: "clientNoContextTakeover",
  server_max_window_bits: "serverMaxWindowBits",
  client_max_window_bits: "clientMaxWindowBits",
};

// The offer of permessage-deflate; everything is compressed, however short.
function deflate({ deflate, parameters = {} }) {
  const options = Object.entries(parameters).map(([name, value]) => [OPTIONS[name], value]);
  return deflate ? { threshold: 0, ...Object.fromEntries(options) } : false;
}

const read = (path) => fs.readFileSync(path);

function open(job) {
  const options = { headers: job.headers, perMessageDeflate: deflate(job), maxPayload: 64 << 20 };
  const [cert, key] = (job.cert || []).map(read);
  const tls = { ca: job.ca && read(job.ca), cert, key };
  const socket = new WebSocket(job.url, job.offers || [], { ...options, ...tls, origin: job.origin });
  // Its property has the names alone, without parameters.
  socket.on("upgrade", ({ headers }) => {
    Object.defineProperty(socket, "extensions", { value: headers["sec-websocket-extensions"] || "" });
  });
  return socket;
}

function ping(socket, data) {
  const pong = new Promise((resolve) => socket.once("pong", (data) => resolve(data.toString())));
  socket.ping(data);
  return pong;
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await converse({ open, ping }, JSON.parse(line))));
  }
  process.exit();
})();
