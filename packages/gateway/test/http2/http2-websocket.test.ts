/** Real WebSocket peers on both sides, the client's over a stream of HTTP/2 (RFC 8441). */
import { once } from "node:events";
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer, type RawData } from "ws";
import { entry, openBench, type Bench } from "../support.ts";
import { connect2, send2, type Headers2 } from "./h2-support.ts";

let bench: Bench;
let server: WebSocketServer;
let session: ClientHttp2Session;
let lines: string[] = [];

beforeEach(async () => {
  bench = await openBench((_request, response) => response.writeHead(426).end("only WebSockets"));
  bench.routes.put("alice-box", entry("alice", "box"));
  server = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has("v2.chat") ? "v2.chat" : false),
  });
  bench.backend.on("upgrade", (request, socket, head) => {
    lines = request.rawHeaders;
    if (request.url === "/wrong") {
      socket.end(
        "HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: no\r\n\r\n",
      );
      return;
    }
    if (request.url === "/no") {
      socket.end("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
      return;
    }
    server.handleUpgrade(request, socket, head, (peer) => server.emit("connection", peer, request));
  });
  session = await connect2(bench.gateway.url);
});

afterEach(async () => {
  for (const peer of server.clients) peer.terminate();
  server.close();
  session.destroy();
  await bench.close();
});

function ask(path = "/chat", more: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  const stream = session.request({
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":path": `/alice/box:${bench.backendPort}${path}`,
    "sec-websocket-version": "13",
    ...more,
  });
  stream.on("error", () => {});
  return stream;
}

/** Resolves once it is over, with an error or without. */
function closeOf(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => stream.once("close", resolve));
}

/** A client's end on a stream whose handshake is done. */
function peerOn(stream: ClientHttp2Stream): WebSocket {
  const peer = new WebSocket(null as never, undefined, { autoPong: true } as never);
  const inner = peer as unknown as { _isServer: boolean; setSocket(...args: unknown[]): void };
  inner._isServer = false;
  inner.setSocket(stream, Buffer.alloc(0), {
    maxPayload: 0,
    skipUTF8Validation: false,
    allowSynchronousEvents: true,
  });
  return peer;
}

async function open(): Promise<{ client: WebSocket; sandbox: WebSocket; stream: ClientHttp2Stream }> {
  const arrived = once(server, "connection") as Promise<[WebSocket]>;
  const stream = ask();
  const [headers] = (await once(stream, "response")) as [Headers2];
  expect(headers[":status"]).toBe(200);
  const [sandbox] = await arrived;
  return { client: peerOn(stream), sandbox, stream };
}

async function message(peer: WebSocket): Promise<Buffer> {
  return ((await once(peer, "message")) as [RawData])[0] as Buffer;
}

describe("a WebSocket by HTTP/2", () => {
  it("is offered in the settings", () => {
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
  });

  it("carries text and bytes both ways, up to megabytes", async () => {
    const { client, sandbox } = await open();
    const got = message(sandbox);
    client.send("grüße");
    expect((await got).toString()).toBe("grüße");
    const big = Buffer.alloc(3_000_000, "abc");
    const back = message(client);
    sandbox.send(big);
    expect((await back).equals(big)).toBe(true);
    const forth = message(sandbox);
    client.send(big);
    expect((await forth).equals(big)).toBe(true);
  });

  it("is a handshake of HTTP/1.1 to the sandbox, whose answer has nothing of it left", async () => {
    const stream = ask("/chat?a=b", {
      "sec-websocket-protocol": "v1.chat, v2.chat",
      "sec-websocket-key": "mine",
    });
    const [headers] = (await once(stream, "response")) as [Headers2];
    expect(headers["sec-websocket-protocol"]).toBe("v2.chat");
    for (const name of ["connection", "upgrade", "sec-websocket-accept"])
      expect(headers).not.toHaveProperty(name);
    const keys = lines.filter((_, index) => lines[index - 1]?.toLowerCase() === "sec-websocket-key");
    expect(keys).toEqual([expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/)]);
    stream.destroy();
  });

  it.each(["client", "sandbox"] as const)("is closed by the %s with code and reason", async (by) => {
    const ends = await open();
    const [closer, other] = by === "client" ? [ends.client, ends.sandbox] : [ends.sandbox, ends.client];
    const closed = once(other, "close") as Promise<[number, Buffer]>;
    const streamClosed = closeOf(ends.stream);
    closer.close(4001, "done");
    const [code, reason] = await closed;
    expect([code, reason.toString()]).toEqual([4001, "done"]);
    await streamClosed;
    expect(ends.stream.rstCode).toBe(0);
  });

  it("whose client has nothing to say ends for the sandbox, too", async () => {
    const arrived = once(server, "connection") as Promise<[WebSocket]>;
    const stream = session.request(
      {
        ":method": "CONNECT",
        ":protocol": "websocket",
        ":path": `/alice/box:${bench.backendPort}/chat`,
        "sec-websocket-version": "13",
      },
      { endStream: true },
    );
    stream.on("error", () => {});
    const [sandbox] = await arrived;
    const [code] = (await once(sandbox, "close")) as [number];
    expect(code).toBe(1006);
    stream.resume();
    await closeOf(stream);
  });

  it("that its client resets is cut in the sandbox", async () => {
    const { stream, sandbox } = await open();
    const closed = once(sandbox, "close") as Promise<[number]>;
    stream.close(8);
    expect((await closed)[0]).toBe(1006);
  });

  it("that the sandbox cuts is reset for its client", async () => {
    const { stream, sandbox } = await open();
    const closed = closeOf(stream);
    (sandbox as unknown as { _socket: { resetAndDestroy(): void } })._socket.resetAndDestroy();
    await closed;
    expect(stream.rstCode).not.toBe(0);
  });

  it("that the sandbox does not want gets the sandbox's answer", async () => {
    const stream = ask("/no");
    const [headers] = (await once(stream, "response")) as [Headers2];
    expect(headers[":status"]).toBe(403);
    stream.resume();
    await closeOf(stream);
  });

  it("whose handshake the sandbox does not carry out is reset", async () => {
    const stream = ask("/wrong");
    await closeOf(stream);
    expect(stream.rstCode).toBe(2);
  });

  it("from another site's page is refused", async () => {
    const stream = ask("/chat", { origin: "https://evil.example" });
    const [headers] = (await once(stream, "response")) as [Headers2];
    expect([headers[":status"], headers["sandgate-error"]]).toEqual([403, "ORIGIN_FORBIDDEN"]);
    stream.resume();
  });

  it("is closed with 1012 by a gateway that has to end, and its connection with it", async () => {
    const { client, sandbox } = await open();
    const closes = Promise.all(
      [client, sandbox].map(async (peer) => ((await once(peer, "close")) as [number])[0]),
    );
    const gone = once(session, "close");
    await bench.gateway.close();
    expect(await closes).toEqual([1012, 1012]);
    await gone;
  });
});

describe("CONNECT by HTTP/2", () => {
  it("without a protocol, or for another one, is refused", async () => {
    const plain = session.request({ ":method": "CONNECT", ":authority": "127.0.0.1:22" });
    const [answer] = (await once(plain, "response")) as [Headers2];
    expect([answer[":status"], answer["sandgate-error"]]).toEqual([405, "METHOD_NOT_ALLOWED"]);
    plain.resume();
    const other = ask("/chat", { ":protocol": "connect-udp" });
    const [refused] = (await once(other, "response")) as [Headers2];
    expect([refused[":status"], refused["sandgate-error"]]).toEqual([405, "METHOD_NOT_ALLOWED"]);
    other.resume();
  });
});

describe("TRACE by HTTP/2", () => {
  it("is refused", async () => {
    const answer = await send2(session, { ":method": "TRACE", ":path": "/alice/box/" });
    expect([answer.status, answer.headers["sandgate-error"]]).toEqual([405, "METHOD_NOT_ALLOWED"]);
  });
});
