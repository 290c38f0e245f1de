import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, it } from "vitest";
import { createKubeClient } from "../src/index.ts";

it("a WebSocket that the server refuses leaves no connection, which would keep a command from ending", async () => {
  const server = createServer();
  const ended = new Promise<void>((resolve) => {
    server.on("connection", (socket: Socket) => socket.once("end", () => resolve()));
  });
  server.on("upgrade", (_request, socket) => {
    const body = JSON.stringify({
      kind: "Status",
      code: 400,
      reason: "BadRequest",
      message: "no host assigned",
    });
    socket.on("error", () => {}).resume();
    // Kept alive, as kube-apiserver keeps it.
    socket.write(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = createKubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  try {
    await expect(client.connect("/api/v1/x", ["v5.channel.k8s.io"])).rejects.toThrow("no host assigned");
    await ended;
  } finally {
    await client.close();
    server.closeAllConnections();
    server.close();
  }
});
