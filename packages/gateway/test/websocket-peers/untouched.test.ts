/** What passes a tunnel is nobody's but the two ends': malformed frames too, and however the network cuts the bytes. */
import { once } from "node:events";
import type { Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { DOORS, dressed, openDoor, type OpenDoor } from "../hostile/doors.ts";
import { openClient, openRawSandbox, type RawSandbox } from "../process/phases.ts";
import type { Peer } from "../raw-support.ts";
import { entry, openBench, type Bench } from "../support.ts";

const full = process.env["SANDGATE_TEST_FULL"] === "1";
const HANDSHAKE = [
  "GET /alice/box/ HTTP/1.1",
  "Host: 127.0.0.1",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "",
  "",
].join("\r\n");
const SWITCHED = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "",
  "",
].join("\r\n");

/** A mask of zeros hides nothing, and is one. */
const MASK = "\0\0\0\0";
/** By what is wrong: a frame as a client sends it, as a server does, and the code of the close frame that it brings. */
const MALFORMED: readonly (readonly [string, string, string, number])[] = [
  ["reserved bits", `\xf1\x81${MASK}a`, "\xf1\x01a", 1002],
  ["an opcode that nobody knows", `\x83\x81${MASK}a`, "\x83\x01a", 1002],
  ["a mask that is not there, or one too many", "\x81\x01a", `\x81\x81${MASK}a`, 1002],
  ["a ping in two frames", `\x09\x81${MASK}a`, "\x09\x01a", 1002],
  [
    "a ping that is too long",
    `\x89\xfe\0\x7e${MASK}${"a".repeat(126)}`,
    `\x89\x7e\0\x7e${"a".repeat(126)}`,
    1002,
  ],
  ["the end of a message that has not begun", `\x80\x81${MASK}a`, "\x80\x01a", 1002],
  ["a message within another", `\x01\x81${MASK}a\x81\x81${MASK}b`, "\x01\x01a\x81\x01b", 1002],
  ["a close code that nobody may send", `\x88\x82${MASK}\x03\xee`, "\x88\x02\x03\xee", 1002],
  ["a close code of one byte", `\x88\x81${MASK}\x03`, "\x88\x01\x03", 1002],
  ["text that is no UTF-8", `\x81\x82${MASK}\xc3\x28`, "\x81\x02\xc3\x28", 1007],
  ["a length of 2^63", `\x82\xff\x80${"\0".repeat(7)}${MASK}`, `\x82\x7f\x80${"\0".repeat(7)}`, 1009],
];

describe("a malformed frame", () => {
  let bench: Bench;
  let server: WebSocketServer;
  let box: RawSandbox;
  beforeAll(async () => {
    bench = await openBench((_request, response) => response.end());
    bench.routes.put("alice-box", entry("alice", "box"));
    server = new WebSocketServer({ server: bench.backend });
    server.on("connection", (peer) => peer.on("error", () => {}));
    box = await openRawSandbox();
  });
  afterAll(async () => {
    box.close();
    server.close();
    await bench.close();
  });

  it.each(MALFORMED)(
    "from the client (%s) reaches the sandbox, whose close code comes back",
    async (_what, frame, _back, code) => {
      const client = await openClient(bench.gateway.url);
      client.peer.write(HANDSHAKE.replace("/box/", `/box:${bench.backendPort}/`));
      await client.peer.untilText("\r\n\r\n");
      client.peer.take();
      client.peer.write(frame);
      await client.peer.until(({ ended, closed }) => ended || closed);
      expect(client.peer.text).toBe(`\x88\x02${String.fromCharCode(code >> 8, code & 255)}`);
      client.wire.destroy();
    },
  );

  it.each(MALFORMED)(
    "from the sandbox (%s) reaches the client, whose close code comes back",
    async (_what, _there, frame, code) => {
      const url = `${bench.gateway.url.replace("http", "ws")}/alice/box:${box.port}/`;
      const client = new WebSocket(url);
      client.on("error", () => {});
      const sandbox = await (await box.next()).untilText("\r\n\r\n");
      const key = /sec-websocket-key: (\S+)/i.exec(sandbox.take())?.[1] ?? "";
      sandbox.write(SWITCHED.replace(/Accept: \S+/, `Accept: ${await acceptOf(key)}`) + frame);
      await sandbox.until(({ ended, closed, text }) => ended || closed || text.length >= 8);
      expect(unmasked(sandbox.text)).toBe(`\x88\x02${String.fromCharCode(code >> 8, code & 255)}`);
      sandbox.socket.destroy();
      await once(client, "close");
    },
  );
});

async function acceptOf(key: string): Promise<string> {
  const text = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return Buffer.from(await crypto.subtle.digest("SHA-1", text)).toString("base64");
}

/** A short frame of a client as it would be without its mask. */
function unmasked(text: string): string {
  const frame = Buffer.from(text, "latin1");
  const payload = frame.subarray(6).map((byte, at) => byte ^ frame[2 + (at % 4)]!);
  return Buffer.concat([Buffer.from([frame[0]!, frame[1]! & 127]), payload]).toString("latin1");
}

const anyBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
/** Pieces as they are sent, each way. */
const pieces = fc.array(anyBytes, { maxLength: 6 });

describe.each(DOORS)("an upgrade, $title", (kind) => {
  let box: RawSandbox;
  let door: OpenDoor;
  beforeAll(async () => {
    box = await openRawSandbox();
    door = await openDoor(kind, box.port);
  });
  afterAll(async () => {
    await door.close();
    box.close();
  });

  async function begin(): Promise<{ client: Peer; destroy: () => void }> {
    const { peer, wire } = await openClient(`http${door.secure ? "s" : ""}://127.0.0.1:${door.port}`);
    return { client: peer, destroy: () => void wire.destroy() };
  }

  it("is the same wherever its heads and first frames are cut, both ways", async () => {
    const there = `${dressed(door, HANDSHAKE)}\x81\x85${MASK}hello`;
    const back = `${SWITCHED}\x81\x05world`;
    const step = full ? 1 : 7;
    for (let cut = 1; cut < Math.max(there.length, back.length); cut += step) {
      const { client, destroy } = await begin();
      await inPieces(client.socket, [there.slice(0, cut), there.slice(cut)]);
      const sandbox = await (await box.next()).untilText("\r\n\r\n");
      await inPieces(sandbox.socket, [back.slice(0, cut), back.slice(cut)]);
      await client.until(({ text }) => text.endsWith("\r\n\r\n\x81\x05world"));
      await sandbox.until(({ text }) => text.endsWith(`\r\n\r\n\x81\x85${MASK}hello`));
      destroy();
      sandbox.socket.destroy();
    }
  });

  it(
    "passes whatever bytes each way, however they are cut, and each side's end after them",
    async () => {
      const check = fc.asyncProperty(pieces, pieces, async (there, back) => {
        const { client, destroy } = await begin();
        client.write(dressed(door, HANDSHAKE));
        const sandbox = await (await box.next()).untilText("\r\n\r\n");
        sandbox.write(SWITCHED);
        await client.untilText("\r\n\r\n");
        client.take();
        sandbox.take();
        await Promise.all([inPieces(client.socket, there), inPieces(sandbox.socket, back)]);
        client.socket.end();
        await sandbox.until(({ ended }) => ended);
        expect(sandbox.text).toBe(there.join(""));
        // The other half is still open.
        sandbox.socket.end(Buffer.from("last", "latin1"));
        await client.until(({ ended }) => ended);
        expect(client.text).toBe(`${back.join("")}last`);
        destroy();
      });
      await fc.assert(check, { numRuns: full ? 2_000 : 25 });
    },
    full ? 1_800_000 : 60_000,
  );
});

/** Each is on its way before the next is written. */
async function inPieces(socket: Socket, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    if (text === "") continue;
    await new Promise<void>((resolve) => {
      socket.write(text, "latin1", () => setImmediate(resolve));
    });
  }
}
