/**
 * Very large bodies, with client, gateway and file server in processes of their own: every byte arrives, and the gateway's
 * memory stays where it is. A quarter of a gibibyte here, ten in the full run.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Checksum, checksumOf, contentOf, MEBIBYTE } from "./big-content.ts";
import { startGatewayProcess, type GatewayProcess } from "./gateway-process.ts";

const full = process.env["SANDGATE_TEST_FULL"] === "1";
const SIZE = (full ? 10 * 1024 : 256) * MEBIBYTE;
/** What a gateway's memory may grow by while one body of whatever size passes: buffers, and what is not collected yet. */
const MOST_GROWTH = 16 * MEBIBYTE;
const SAMPLE_MS = 200;
const TIMEOUT_MS = full ? 3_600_000 : 120_000;

let gateway: GatewayProcess;
let files: ChildProcess;
let base: string;
beforeAll(async () => {
  gateway = await startGatewayProcess();
  files = fork(join(import.meta.dirname, "file-server-child.ts"));
  const [port] = (await once(files, "message")) as [number];
  base = `${gateway.url}/alice/box:${port}/`;
  // What is opened and compiled once.
  await download(8 * MEBIBYTE);
  await upload(8 * MEBIBYTE, true);
});
afterAll(async () => {
  files.disconnect();
  await gateway.close();
});

async function answerTo(path: string, options: object = {}, body?: Readable): Promise<IncomingMessage> {
  const sent = request(base + path, { agent: false, ...options });
  if (body === undefined) sent.end();
  else body.pipe(sent);
  return ((await once(sent, "response")) as [IncomingMessage])[0];
}

async function download(size: number): Promise<string> {
  const sum = new Checksum();
  for await (const piece of await answerTo(String(size))) sum.add(piece as Buffer);
  return sum.toString();
}

async function upload(size: number, known: boolean): Promise<string> {
  const headers = known ? { "content-length": size } : {};
  const body = Readable.from(contentOf(0, size), { highWaterMark: 1 });
  const answer = await answerTo("", { method: "PUT", headers }, body);
  return (await answer.setEncoding("utf8").toArray()).join("");
}

/** How much more memory the gateway has taken at most while that went on. */
async function growthDuring<Result>(work: Promise<Result>): Promise<{ result: Result; growth: number }> {
  const before = (await gateway.measure(true)).rss;
  let most = before;
  let over = false;
  const sampling = (async () => {
    while (!over) {
      most = Math.max(most, (await gateway.measure(false)).rss);
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
  })();
  const result = await work.finally(() => (over = true));
  await sampling;
  return { result, growth: most - before };
}

describe(`a body of ${SIZE / MEBIBYTE} MiB`, () => {
  it("comes whole from the sandbox, in memory that does not grow", { timeout: TIMEOUT_MS }, async () => {
    const { result, growth } = await growthDuring(download(SIZE));
    expect(result).toBe(checksumOf(0, SIZE));
    expect(growth).toBeLessThan(MOST_GROWTH);
  });

  it.each([
    ["of a known length", true],
    ["in chunks", false],
  ])(
    "%s goes whole to the sandbox, in memory that does not grow",
    async (_how, known) => {
      const { result, growth } = await growthDuring(upload(SIZE, known));
      expect(result).toBe(checksumOf(0, SIZE));
      expect(growth).toBeLessThan(MOST_GROWTH);
    },
    TIMEOUT_MS,
  );

  it.each([
    ["its first byte", 0, 1],
    ["its last bytes", SIZE - 5, SIZE],
    ["a part over the ends of blocks", SIZE / 2 - 3, SIZE / 2 + 2 * MEBIBYTE + 3],
  ])("gives %s by Range", async (_what, from, to) => {
    const answer = await answerTo(String(SIZE), { headers: { range: `bytes=${from}-${to - 1}` } });
    const sum = new Checksum();
    for await (const piece of answer) sum.add(piece as Buffer);
    expect([answer.statusCode, answer.headers["content-range"], sum.toString()]).toEqual([
      206,
      `bytes ${from}-${to - 1}/${SIZE}`,
      checksumOf(from, to),
    ]);
  });
});

describe("a hundred downloads of a gibibyte whose clients read nothing", () => {
  /** For each: what one connection's buffers hold, and its objects. */
  const MOST_EACH = 256 * 1024;
  const COUNT = 100;

  it("are held up, in memory that does not grow with what there is to send", async () => {
    const { hostname, port, pathname } = new URL(base);
    const before = await gateway.measure(true);
    const clients = await Promise.all(
      Array.from({ length: COUNT }, async (): Promise<Socket> => {
        const socket = connect({ port: Number(port), host: hostname });
        await once(socket, "connect");
        socket.pause();
        socket.write(`GET ${pathname}${1024 * MEBIBYTE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
        return socket;
      }),
    );
    const written = async (): Promise<number> => {
      files.send("written");
      return ((await once(files, "message")) as [number])[0];
    };
    let last = -1;
    await vi.waitUntil(
      async () => {
        const now = await written();
        const still = now === last && (await gateway.metric("sandgate_requests_in_flight")) === COUNT;
        last = now;
        return still;
      },
      { timeout: 60_000, interval: 500 },
    );
    const stalled = await gateway.measure(true);
    expect(stalled.rss - before.rss).toBeLessThan(COUNT * MOST_EACH);
    for (const socket of clients) socket.resetAndDestroy();
    await expect.poll(() => gateway.metric("sandgate_requests_in_flight"), { timeout: 20_000 }).toBe(0);
    await expect
      .poll(async () => (await gateway.measure(true)).fds, { timeout: 20_000 })
      .toBeLessThanOrEqual(before.fds);
  }, 120_000);
});
