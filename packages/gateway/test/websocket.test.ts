/** Real WebSocket peers on both sides: what the tunnel passes is what they make of it. */
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer, type RawData } from "ws";
import { entry, openBench, type Bench } from "./support.ts";

let bench: Bench;
let server: WebSocketServer;

beforeEach(async () => {
  bench = await openBench((_request, response) => response.writeHead(426).end(), { routerPort: 0 });
  bench.routes.put("alice-box", entry("alice", "box"));
  server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has("v2.chat") ? "v2.chat" : false),
  });
  bench.backend.on("upgrade", (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (peer) => server.emit("connection", peer, request));
  });
});

afterEach(async () => {
  for (const peer of server.clients) peer.terminate();
  server.close();
  await bench.close();
});

/** Both ends of one tunnel. */
async function open(
  form: "path" | "header" = "path",
  protocols: string[] = [],
): Promise<{ client: WebSocket; sandbox: WebSocket }> {
  const path = `/alice/box:${bench.backendPort}/chat`;
  const base = form === "path" ? bench.gateway.url + path : `${bench.gateway.routerUrl ?? ""}/chat`;
  const headers =
    form === "path" ? {} : { "X-Sandbox-ID": "box", "X-Sandbox-Port": String(bench.backendPort) };
  const arrived = once(server, "connection") as Promise<[WebSocket]>;
  const client = new WebSocket(base.replace("http", "ws"), protocols, { headers });
  await once(client, "open");
  const [sandbox] = await arrived;
  return { client, sandbox };
}

async function message(peer: WebSocket): Promise<{ text: string; binary: boolean }> {
  const [data, binary] = (await once(peer, "message")) as [RawData, boolean];
  return { text: (data as Buffer).toString("latin1"), binary };
}

describe.each(["path", "header"] as const)("a WebSocket in %s form", (form) => {
  it("carries text and bytes both ways", async () => {
    const { client, sandbox } = await open(form);
    const got = message(sandbox);
    client.send("grüße");
    expect(await got).toEqual({ text: Buffer.from("grüße").toString("latin1"), binary: false });
    const back = message(client);
    sandbox.send(Buffer.from([0, 255, 128]));
    expect(await back).toEqual({ text: "\u0000\u00ff\u0080", binary: true });
  });

  it("carries a message of 8 MiB whole, compressed as the two agreed", async () => {
    const { client, sandbox } = await open(form);
    expect(client.extensions).toContain("permessage-deflate");
    const text = "0123456789abcdef".repeat(512 * 1024);
    const got = message(sandbox);
    client.send(text);
    expect((await got).text === text).toBe(true);
  });

  it.each([
    ["client", 1000, "done"],
    ["client", 4001, "mine"],
    ["sandbox", 1001, "going away"],
    ["sandbox", 1011, ""],
  ] as const)(
    "is closed by the %s with %i and the reason, as the other sees it",
    async (by, code, reason) => {
      const ends = await open(form);
      const [closer, other] = by === "client" ? [ends.client, ends.sandbox] : [ends.sandbox, ends.client];
      const closed = once(other, "close") as Promise<[number, Buffer]>;
      closer.close(code, reason);
      const [seen, why] = await closed;
      expect([seen, why.toString()]).toEqual([code, reason]);
    },
  );

  it("carries pings and pongs with what is in them", async () => {
    const { client, sandbox } = await open(form);
    const pinged = once(sandbox, "ping") as Promise<[Buffer]>;
    const ponged = once(client, "pong") as Promise<[Buffer]>;
    client.ping("are you there?");
    expect((await pinged)[0].toString()).toBe("are you there?");
    expect((await ponged)[0].toString()).toBe("are you there?");
  });

  it("has the subprotocol that the sandbox chose", async () => {
    const { client } = await open(form, ["v1.chat", "v2.chat"]);
    expect(client.protocol).toBe("v2.chat");
  });
});

describe("a WebSocket through a gateway that has to end", () => {
  it("is closed with 1012 on both sides, so that they come again by another", async () => {
    const { client, sandbox } = await open();
    const closes = Promise.all(
      [client, sandbox].map(async (peer) => ((await once(peer, "close")) as [number, Buffer])[0]),
    );
    await bench.gateway.close();
    expect(await closes).toEqual([1012, 1012]);
  });

  it("carries what was on its way before that, a frame never torn", async () => {
    const { client, sandbox } = await open();
    const text = "x".repeat(50_000);
    const lengths: number[] = [];
    client.on("message", (data: RawData) => lengths.push((data as Buffer).length));
    const closed = once(client, "close") as Promise<[number]>;
    const sending = setInterval(() => sandbox.send(text), 1);
    await once(client, "message");
    await bench.gateway.close();
    clearInterval(sending);
    expect((await closed)[0]).toBe(1012);
    expect(new Set(lengths)).toEqual(new Set([text.length]));
  });
});

describe("a WebSocket whose other end is gone", () => {
  it("ends without a close frame for the one that is left", async () => {
    const { client, sandbox } = await open();
    const closed = once(client, "close") as Promise<[number]>;
    sandbox.terminate();
    expect((await closed)[0]).toBe(1006);
  });

  it("is refused with the sandbox's own answer where the sandbox wants none", async () => {
    bench.backend.removeAllListeners("upgrade");
    const client = new WebSocket(
      `${bench.gateway.url}/alice/box:${bench.backendPort}/`.replace("http", "ws"),
    );
    const [, response] = (await once(client, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(426);
  });
});
