/** Large bodies: every byte arrives, whoever is slow, and memory stays where it is. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { entry, openBench, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

const MEBIBYTE = 1024 * 1024;
/** Not the same anywhere, so that a piece in the wrong place shows. */
const BLOCK = randomBytes(MEBIBYTE);

function* blocks(count: number, size: number): Generator<Buffer> {
  for (let index = 0; index < count; index++) {
    const at = (index * 7919) % (MEBIBYTE - size);
    yield BLOCK.subarray(at, at + size);
  }
}

function hashOf(pieces: Iterable<Buffer>): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

async function open(handler: Parameters<typeof openBench>[0]): Promise<string> {
  bench = await openBench(handler);
  bench.routes.put("alice-box", entry("alice", "box"));
  return `${bench.gateway.url}/alice/box:${bench.backendPort}/`;
}

describe.each([
  ["of a known length", true],
  ["in chunks", false],
])("a body %s", (_how, known) => {
  it.each([
    [3000, 100],
    [400, 5_000],
    [200, 60_000],
    [64, 500_000],
  ])("of %i pieces of %i bytes arrives whole from the sandbox, four at once", async (count, size) => {
    const url = await open((_request, response) => {
      response.writeHead(200, known ? { "content-length": count * size } : {});
      Readable.from(blocks(count, size)).pipe(response);
    });
    const expected = hashOf(blocks(count, size));
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const hash = createHash("sha256");
        for await (const piece of (await fetch(url)).body ?? []) hash.update(piece as Uint8Array);
        return hash.digest("hex");
      }),
    );
    expect(new Set(answers)).toEqual(new Set([expected]));
  });

  it.each([
    [3000, 100],
    [200, 60_000],
    [64, 500_000],
  ])("of %i pieces of %i bytes arrives whole at the sandbox, four at once", async (count, size) => {
    const url = await open((request, response) => {
      const hash = createHash("sha256");
      request.on("data", (piece: Buffer) => hash.update(piece));
      request.on("end", () => response.end(hash.digest("hex")));
    });
    const expected = hashOf(blocks(count, size));
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const sent = httpRequest(url, {
          method: "POST",
          headers: known ? { "content-length": count * size } : {},
        });
        Readable.from(blocks(count, size)).pipe(sent);
        const [response] = (await once(sent, "response")) as [IncomingMessage];
        let text = "";
        for await (const piece of response.setEncoding("utf8")) text += piece as string;
        return text;
      }),
    );
    expect(new Set(answers)).toEqual(new Set([expected]));
  });
});

describe("many who do not read", () => {
  it("hold up their sandboxes and no memory", async () => {
    const url = await open((_request, response) => {
      response.writeHead(200, { "content-length": 1024 * MEBIBYTE });
      Readable.from(blocks(2048, MEBIBYTE / 2)).pipe(response);
    });
    const { hostname, port, pathname } = new URL(url);
    const clients = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = connect(Number(port), hostname);
        socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
        await once(socket, "readable");
        return socket;
      }),
    );
    await stillness(clients);
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 20; round++) {
      for (const client of clients) client.read();
      await stillness(clients);
    }
    // All that went by was more than this by far; the sandbox of the test is in this process too.
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MEBIBYTE);
    for (const client of clients) client.destroy();
  });
});

/** Resolves once nobody reads anything more by himself: buffers on the way are full. */
async function stillness(clients: readonly Socket[]): Promise<void> {
  const sum = (): number => clients.reduce((total, { bytesRead }) => total + bytesRead, 0);
  let before = -1;
  await expect
    .poll(
      () => {
        const still = sum() === before;
        before = sum();
        return still;
      },
      { interval: 50, timeout: 20_000 },
    )
    .toBe(true);
}

describe("a sandbox that reads slowly", () => {
  it("holds up the client, and gets every byte in the end", async () => {
    const count = 128;
    const url = await open((request, response) => {
      const hash = createHash("sha256");
      let pieces = 0;
      request.on("data", (piece: Buffer) => {
        hash.update(piece);
        if (++pieces % 20 !== 0) return;
        request.pause();
        setImmediate(() => request.resume());
      });
      request.on("end", () => response.end(hash.digest("hex")));
    });
    const sent = httpRequest(url, { method: "POST", headers: { "content-length": count * 500_000 } });
    Readable.from(blocks(count, 500_000)).pipe(sent);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect((await response.setEncoding("utf8").toArray()).join("")).toBe(hashOf(blocks(count, 500_000)));
  });
});

describe("after hundreds of requests that went wrong in every phase", () => {
  it("no connection is left, and the gateway answers", async () => {
    const url = await open((request, response) => {
      const [, way = ""] = (request.url ?? "").split("?");
      if (way === "hang") return;
      if (way === "reset") request.socket.resetAndDestroy();
      else if (way === "half")
        response.writeHead(200, { "content-length": 100 }).write("half", () => response.destroy());
      else response.end("fine");
    });
    const { hostname, port, pathname } = new URL(url);
    const head = (way: string): string =>
      `POST ${pathname}?${way} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 4\r\n\r\n`;
    const phases = [
      (socket: Socket) => socket.write("POST"),
      (socket: Socket) => socket.write(head("hang")),
      (socket: Socket) => socket.write(`${head("hang")}body`),
      (socket: Socket) => socket.write(`${head("reset")}body`),
      (socket: Socket) => socket.write(`${head("half")}body`),
      (socket: Socket) => socket.write(`${head("fine")}body`),
      (socket: Socket) => socket.write("GET / HTTP/9.9\r\n\r\n"),
    ];
    for (let round = 0; round < 30; round++) {
      await Promise.all(
        phases.map(async (act, index) => {
          const socket = connect(Number(port), hostname);
          socket.on("error", () => {});
          await once(socket, "connect");
          act(socket);
          if (index > 2)
            await new Promise((resolve) => socket.once("close", resolve).once("readable", resolve));
          if (round % 2 === 0) socket.resetAndDestroy();
          else socket.destroy();
        }),
      );
    }
    expect(await (await fetch(url)).text()).toBe("fine");
    const connections = (): Promise<number> =>
      new Promise((resolve, reject) =>
        bench.backend.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      );
    // Kept ones stay, those of clients that have gone do not.
    await expect.poll(connections, { timeout: 10_000 }).toBeLessThan(10);
  });
});
