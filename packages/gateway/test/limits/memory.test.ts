/** What docs/reference/data-plane.md says that a connection can make the gateway hold, measured at its process. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const KIB = 1024;
/** What a process takes for itself once it works: its young objects, code that is compiled, buffers that are kept. */
const WORKING_BYTES = 48 * KIB * KIB;

let gateway: ChildProcess;
let url: URL;
let sandbox: Server | null = null;
const sockets: Socket[] = [];

beforeEach(async () => {
  const program = fileURLToPath(new URL("./gateway-process.ts", import.meta.url));
  gateway = fork(program, { execArgv: ["--expose-gc", "--max-semi-space-size=2"] });
  const [told] = (await once(gateway, "message")) as [{ url: string }];
  url = new URL(told.url);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  sandbox?.close();
  sandbox = null;
  gateway.disconnect();
  await once(gateway, "exit");
});

async function rss(): Promise<number> {
  gateway.send("measure");
  const [told] = (await once(gateway, "message")) as [{ rssBytes: number }];
  return told.rssBytes;
}

/** Its memory once nothing moves any more: what cannot go on tells nobody. */
async function settled(moved: () => number): Promise<number> {
  for (let before = -1; before !== moved();) {
    before = moved();
    await sleep(500);
  }
  return rss();
}

async function client(): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname).on("error", () => {});
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

describe("the gateway's memory", { timeout: 120_000 }, () => {
  it("has for each of 1,500 strangers no more than the begin of a head and 10 KiB", async () => {
    const count = 1_500;
    const before = await rss();
    let written = 0;
    const begin = "GET / HTTP/1.1\r\nHost: localhost\r\nX: ".padEnd(16 * KIB - 1, "x");
    for (let index = 0; index < count; index++) (await client()).write(begin, () => written++);
    const grown = (await settled(() => written)) - before;
    expect(written).toBe(count);
    expect(grown).toBeLessThan(count * 26 * KIB + WORKING_BYTES);
    // They are there, and not refused.
    expect(grown).toBeGreaterThan(count * 16 * KIB);
  });

  it("has no more than 512 KiB for each of 60 downloads that nobody reads", async () => {
    const count = 60;
    let sent = 0;
    const piece = Buffer.alloc(256 * KIB, "x");
    sandbox = createServer((socket) => {
      sockets.push(socket.on("error", () => {}));
      socket.once("data", () => {
        const send = (): void => {
          do sent += piece.length;
          while (socket.write(piece));
        };
        socket.on("drain", send).write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        send();
      });
    });
    await once(sandbox.listen(0, "127.0.0.1"), "listening");
    const { port } = sandbox.address() as AddressInfo;
    const before = await rss();
    for (let index = 0; index < count; index++) {
      const reader = await client();
      reader.pause().write(`GET /alice/box:${port}/ HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    }
    const grown = (await settled(() => sent)) - before;
    expect(sent).toBeGreaterThan(count * KIB * KIB);
    expect(grown).toBeLessThan(count * 512 * KIB + WORKING_BYTES);
  });

  it("has no more than 512 KiB for each of 60 uploads that nobody reads", async () => {
    const count = 60;
    sandbox = createServer(
      { pauseOnConnect: true },
      (socket) => void sockets.push(socket.on("error", () => {})),
    );
    await once(sandbox.listen(0, "127.0.0.1"), "listening");
    const { port } = sandbox.address() as AddressInfo;
    const before = await rss();
    let sent = 0;
    const piece = Buffer.alloc(256 * KIB, "x");
    for (let index = 0; index < count; index++) {
      const sender = await client();
      sender.write(
        `POST /alice/box:${port}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n`,
      );
      const send = (): void => {
        do sent += piece.length;
        while (sender.write(piece));
      };
      sender.on("drain", send);
      send();
    }
    const grown = (await settled(() => sent)) - before;
    expect(sent).toBeGreaterThan(count * KIB * KIB);
    expect(grown).toBeLessThan(count * 512 * KIB + WORKING_BYTES);
  });
});
