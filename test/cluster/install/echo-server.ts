/** A program for a sandbox: HTTP answers with the pod's own mark, WebSockets echo. It needs Node.js alone. */
export const ECHO_SERVER = `
const http = require("node:http");
const crypto = require("node:crypto");
const server = http.createServer((request, response) => {
  request.resume();
  response.end("echo");
});
server.on("upgrade", (request, socket) => {
  const accept = crypto
    .createHash("sha1")
    .update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    .digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n" +
      "Sec-WebSocket-Accept: " + accept + "\\r\\n\\r\\n",
  );
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    // Frames of clients are masked; those of the test are shorter than 126 bytes.
    while (rest.length >= 6 && rest.length >= 6 + (rest[1] & 127)) {
      const length = rest[1] & 127;
      const mask = rest.subarray(2, 6);
      const payload = Buffer.from(rest.subarray(6, 6 + length).map((byte, i) => byte ^ mask[i % 4]));
      socket.write(Buffer.concat([Buffer.from([rest[0], length]), payload]));
      if ((rest[0] & 15) === 8) socket.end();
      rest = rest.subarray(6 + length);
    }
  });
  socket.on("error", () => {});
});
server.listen(8888);
`;
