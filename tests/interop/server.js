// A server on npm `ws` for the interop checks. What it does is asked for by the path:
//   /echo             sends every message back, as text or binary as it came
//   /chat             chooses the subprotocol chat.v2 if it is offered, says which was chosen, then closes
//   /close?CODE       closes with CODE and the reason "as asked" (without code: an empty close frame)
//   /ping             pings with "interop", and closes with 1000 once the right pong came, else with 4000
//   /drop             ends TCP without a close frame
// Prints the ports it listens on as `plain N` and `tls N`, and of servers that compress: `deflate` with contexts taken
// over and small windows, `deflate-anew` without.
"use strict";
const fs = require("fs");
const http = require("http");
const https = require("https");
const place = process.argv[2];
const { WebSocketServer } = require(require.resolve("ws", { paths: [place] }));

const small = { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 9 };
const anew = { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true };

function serve(name, server, deflate = false) {
  const sockets = new WebSocketServer({
    server,
    maxPayload: 64 << 20,
    perMessageDeflate: deflate,
    handleProtocols: (offered) => (offered.has("chat.v2") ? "chat.v2" : false),
  });
  sockets.on("connection", (socket, request) => {
    const [path, query] = request.url.split("?");
    socket.on("error", () => {});
    if (path === "/echo") {
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    } else if (path === "/chat") {
      socket.send(`chosen: ${socket.protocol}`);
      socket.close(1000);
    } else if (path === "/close") {
      if (query) socket.close(Number(query), "as asked");
      else socket.close();
    } else if (path === "/ping") {
      socket.on("pong", (data) => socket.close(data.toString() === "interop" ? 1000 : 4000));
      socket.ping("interop");
    } else if (path === "/drop") {
      socket.terminate();
    } else {
      socket.close(4404, "no such path");
    }
  });
  server.listen(0, "127.0.0.1", () => console.log(`${name} ${server.address().port}`));
}

serve("plain", http.createServer());
serve("deflate", http.createServer(), small);
serve("deflate-anew", http.createServer(), anew);
if (fs.existsSync(`${place}/leaf.pem`)) {
  const certificate = { cert: fs.readFileSync(`${place}/leaf.pem`), key: fs.readFileSync(`${place}/leaf.key`) };
  serve("tls", https.createServer(certificate));
}
