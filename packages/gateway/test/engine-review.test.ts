/** What goes wrong only when one side is slow, gone or hostile at the wrong moment. */
import { once } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newCircuit } from "../src/engine/upstream/circuit.ts";
import { UpstreamPool } from "../src/engine/upstream/upstream-pool.ts";
import type { UpstreamUser } from "../src/engine/upstream/upstream.ts";
import { entry } from "./support.ts";
import { openRawBench, type Peer, type RawBench } from "./raw-support.ts";

let bench: RawBench;
beforeEach(async () => {
  bench = await openRawBench();
});
afterEach(async () => {
  await bench.close();
});

const UPGRADE = "Connection: Upgrade\r\nUpgrade: echo\r\n";
const SWITCHED = "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\n";

function get(path = "/", more = "", version = "1.1"): string {
  return `GET ${bench.prefix}${path} HTTP/${version}\r\nHost: 127.0.0.1\r\n${more}\r\n`;
}

/** A client that has sent that, and the sandbox that got it. */
async function send(text: string): Promise<{ client: Peer; sandbox: Peer }> {
  const client = await bench.client();
  client.write(text);
  const sandbox = await (await bench.sandbox()).untilText("\r\n\r\n");
  return { client, sandbox };
}

describe("a tunnel", () => {
  it("whose sandbox does not end does not hold up the gateway's own end", async () => {
    const { client, sandbox } = await send(get("/", UPGRADE));
    sandbox.write(`${SWITCHED}\r\n`);
    await client.untilText("\r\n\r\n");
    client.socket.on("end", () => client.socket.end());
    await bench.bench.gateway.close();
    expect(client.ended).toBe(true);
  }, 8_000);

  it("whose client has sent its end before it was opened tells the sandbox of it", async () => {
    const client = await bench.client();
    client.socket.end(get("/", UPGRADE));
    await once(client.socket, "finish");
    const sandbox = await (await bench.sandbox()).untilText("\r\n\r\n");
    // By the time that another is answered the end has been read.
    const other = await bench.client();
    other.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    await other.untilText("200 OK");
    sandbox.write(`${SWITCHED}\r\n`);
    await client.untilText("\r\n\r\n");
    await sandbox.until(({ ended }) => ended);
    sandbox.socket.end("bye");
    await client.until(({ ended }) => ended);
    expect(client.text).toMatch(/\r\n\r\nbye$/);
  }, 8_000);

  it("sets no cookies for what the sandbox shares with others", async () => {
    const { client, sandbox } = await send(get("/", UPGRADE));
    sandbox.write(
      `${SWITCHED}Set-Cookie: a=1; Domain=localhost; Path=/\r\nStrict-Transport-Security: max-age=1\r\n\r\n`,
    );
    await client.untilText("\r\n\r\n");
    expect(client.text).toContain(`\r\nSet-Cookie: a=1; Path=${bench.prefix}/\r\n`);
    expect(client.text).not.toMatch(/domain|strict-transport/i);
  });
});

describe("an interim answer", () => {
  it("sets no cookies for what the sandbox shares with others", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write("HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=1; Domain=localhost; Path=/\r\n\r\n");
    await client.untilText("\r\n\r\n");
    expect(client.text).toContain(`\r\nSet-Cookie: a=1; Path=${bench.prefix}/\r\n`);
    expect(client.text).not.toMatch(/domain/i);
  });
});

describe("an answer in path form", () => {
  it("does not have browsers report what is asked of the other sandboxes", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write(
      'HTTP/1.1 200 OK\r\nNEL: {"report_to":"a","max_age":9}\r\nReport-To: {"group":"a"}\r\nContent-Length: 0\r\n\r\n',
    );
    await client.untilText("\r\n\r\n");
    expect(client.text).not.toMatch(/^(nel|report-to):/im);
  });
});

describe("interim answers", () => {
  it("are no more bytes together than one head may be: they are sent whether the client reads them or not", async () => {
    const { client, sandbox } = await send(get());
    sandbox.write(`HTTP/1.1 103 Early Hints\r\nX: ${"x".repeat(60_000)}\r\n\r\n`.repeat(8));
    await client.untilText("BROKEN");
    expect(client.text.length).toBeLessThan(70_000);
  });
});

describe("an answer whose end is the connection's", () => {
  it.each([
    ["in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
    ["by its end", "HTTP/1.1 200 OK\r\n\r\nabc"],
  ])("is not taken for whole where the sandbox breaks it %s", async (_, answer) => {
    const { client, sandbox } = await send(get("/", "", "1.0"));
    let error: Error | undefined;
    client.socket.on("error", (thrown) => (error = thrown));
    sandbox.write(answer);
    await client.untilText("abc");
    sandbox.socket.resetAndDestroy();
    await client.until(({ ended, closed }) => ended || closed);
    expect(client.ended).toBe(false);
    expect(error).toMatchObject({ code: "ECONNRESET" });
  });
});

describe("the last answer of a connection", () => {
  it("reaches a client whole that pauses for longer than it would be waited for its end", async () => {
    for (let index = 0; index < 60_000; index++)
      bench.bench.routes.put(`alice-box-${index}`, entry("alice", `box-${index}`));
    const client = await bench.client();
    client.write("GET /sandboxes HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    const head = await client.untilText("\r\n\r\n");
    client.socket.pause();
    await after(2_500);
    client.socket.resume();
    await client.until(({ ended, closed }) => ended || closed);
    const length = Number(/content-length: ([0-9]+)/i.exec(head.text)?.[1]);
    expect(length).toBeGreaterThan(8 * 1024 * 1024);
    expect(client.text.length - client.text.indexOf("\r\n\r\n") - 4).toBe(length);
  });
});

describe("a kept connection", () => {
  it("that has just broken is not used for one more request, though it is not closed yet", async () => {
    const server = createServer((socket) => socket.on("error", () => {}));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const target = { kind: "tcp", host: "127.0.0.1", port, h2c: false, circuit: newCircuit() } as const;
    const pool = new UpstreamPool(undefined);
    const open = Promise.withResolvers<void>();
    const nothing = (): void => {};
    const user: UpstreamUser = {
      connected: open.resolve,
      bytes: nothing,
      ended: nothing,
      drained: nothing,
      closed: nothing,
    };
    try {
      const first = pool.take(target, false, user);
      await open.promise;
      pool.give(first);
      // As an error of its socket does, before anybody is told.
      first.channel?.socket?.destroy();
      const second = pool.take(target, false, user);
      expect(second).not.toBe(first);
      pool.drop(second);
    } finally {
      pool.close();
      server.close();
    }
  });
});
