/** The same by the implementation that Node.js's programs use most: see peer.py. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer, type RawData } from "ws";

function serve(): void {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: { threshold: 0 } });
  server.on("listening", () => console.log((server.address() as AddressInfo).port));
  server.on("connection", (peer) => {
    peer.on("error", () => {});
    peer.on("close", (code, reason) => console.log(`closed ${code} ${reason.toString()}`));
    peer.on("message", (data: RawData, binary) => {
      const text = (data as Buffer).toString("utf8", 0, 100);
      if (!binary && text.startsWith("close ")) {
        const [, code = "", ...reason] = text.split(" ");
        peer.close(Number(code), reason.join(" "));
      } else peer.send(data, { binary });
    });
  });
  process.stdin.resume().on("end", () => process.exit());
}

async function opened(url: string): Promise<WebSocket> {
  const peer = new WebSocket(url, { perMessageDeflate: { threshold: 0 } });
  await once(peer, "open");
  return peer;
}

async function dial(url: string): Promise<void> {
  const peer = await opened(url);
  const same: boolean[] = [];
  const all = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
  const large = randomBytes(16 * 1024 * 1024);
  for (const message of ["grüße", "", all, "0123456789abcdef".repeat(10_000), large]) {
    const back = once(peer, "message") as Promise<[Buffer, boolean]>;
    peer.send(message);
    const [data, binary] = await back;
    same.push(data.equals(Buffer.from(message)) && binary === (typeof message !== "string"));
  }
  const back = once(peer, "message") as Promise<[Buffer]>;
  const pong = once(peer, "pong") as Promise<[Buffer]>;
  peer.send("one ", { fin: false });
  peer.ping("are you there?");
  peer.send("two ", { fin: false });
  peer.send("three", { fin: true });
  same.push(
    (await pong)[0].toString() === "are you there?" && (await back)[0].toString() === "one two three",
  );
  const closed = once(peer, "close") as Promise<[number, Buffer]>;
  peer.send("close 4321 over");
  const [code, reason] = await closed;
  console.log(JSON.stringify({ same, closed: [code, reason.toString()] }));
}

async function leave(url: string, code: string, reason: string): Promise<void> {
  const peer = await opened(url);
  const closed = once(peer, "close") as Promise<[number]>;
  peer.close(Number(code), reason);
  console.log(JSON.stringify({ left: (await closed)[0] === Number(code) }));
}

const [, , role, url = "", code = "", reason = ""] = process.argv;
if (role === "serve") serve();
else if (role === "dial") await dial(url);
else await leave(url, code, reason);
