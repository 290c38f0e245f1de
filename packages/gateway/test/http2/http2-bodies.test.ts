import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { entry, openBench, type Bench } from "../support.ts";
import { answerTo, connect2, send2 } from "./h2-support.ts";

/** Until the test's own time is over: how fast this machine is does not matter. */
const POLL = { timeout: 25_000 } as const;

let bench: Bench;
let session: ClientHttp2Session | undefined;
let prefix: string;

async function open(handler: RequestListener, windowBytes = 65_535): Promise<ClientHttp2Session> {
  bench = await openBench(handler);
  bench.routes.put("alice-box", entry("alice", "box"));
  prefix = `/alice/box:${bench.backendPort}`;
  session = await connect2(bench.gateway.url, { settings: { initialWindowSize: windowBytes } });
  return session;
}

afterEach(async () => {
  session?.destroy();
  session = undefined;
  await bench.close();
});

const sha = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

/** What of a request's framing the sandbox saw, and a hash of the body. */
async function tell(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of request) hash.update(chunk as Buffer);
  response.end(
    JSON.stringify({
      length: request.headers["content-length"],
      encoding: request.headers["transfer-encoding"],
      hash: hash.digest("hex"),
      trailers: request.trailers,
    }),
  );
}

describe("a body to the sandbox", () => {
  it.each([
    ["with its length", true, { length: "5000000" }],
    ["in chunks where its length is not told", false, { encoding: "chunked" }],
  ] as const)("goes on %s, every byte", async (_how, told, framing) => {
    const client = await open((request, response) => void tell(request, response));
    const body = randomBytes(5_000_000);
    const headers = {
      ":method": "POST",
      ":path": `${prefix}/`,
      ...(told && { "content-length": body.length }),
    };
    const answer = await send2(client, headers, body);
    expect(JSON.parse(answer.body.toString())).toEqual({ ...framing, hash: sha(body), trailers: {} });
  });

  it("of no bytes is told as none", async () => {
    const client = await open((request, response) => void tell(request, response));
    const answer = await send2(client, { ":method": "POST", ":path": `${prefix}/` });
    expect(JSON.parse(answer.body.toString())).toMatchObject({ length: "0", hash: sha(Buffer.alloc(0)) });
    const chunked = await send2(client, { ":method": "POST", ":path": `${prefix}/` }, "");
    expect(JSON.parse(chunked.body.toString())).toMatchObject({ encoding: "chunked" });
  });

  it("ends with the client's trailers", async () => {
    const client = await open((request, response) => void tell(request, response));
    const stream = client.request({ ":method": "POST", ":path": `${prefix}/` }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "12", "x-two": ["a", "b"] as never }));
    stream.end("body");
    const { body } = await answerTo(stream);
    expect(JSON.parse(body.toString())).toMatchObject({ trailers: { "x-sum": "12", "x-two": "a, b" } });
  });

  it("with trailers that belong into a head gets no answer of the sandbox", async () => {
    const client = await open((request, response) => void tell(request, response));
    const stream = client.request({ ":method": "POST", ":path": `${prefix}/` }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-forwarded-for": "1.2.3.4" }));
    stream.end("body");
    const answer = await answerTo(stream);
    expect([answer.status, answer.headers["sandgate-error"]]).toEqual([400, "REQUEST_MALFORMED"]);
  });

  it("waits in the client while the sandbox does not read, and others of the connection go on", async () => {
    let held: IncomingMessage | undefined;
    const client = await open((request, response) => {
      if (request.url === "/held") held = request;
      else void tell(request, response);
    });
    const stream = client.request({ ":method": "POST", ":path": `${prefix}/held` });
    const size = 64 * 1024 * 1024;
    let written = 0;
    const more = (): void => {
      if (written === size) return;
      written += 65_536;
      if (stream.write(Buffer.alloc(65_536))) process.nextTick(more);
      else stream.once("drain", more);
    };
    more();
    const body = randomBytes(3_000_000);
    const other = await send2(client, { ":method": "POST", ":path": `${prefix}/other` }, body);
    expect(JSON.parse(other.body.toString())).toMatchObject({ hash: sha(body) });
    expect(written).toBeLessThan(size / 2);
    let bytes = 0;
    held?.on("data", (chunk: Buffer) => (bytes += chunk.length));
    await expect.poll(() => bytes, POLL).toBe(size);
    stream.destroy();
  });

  it("need not be sent whole where the sandbox has answered before", async () => {
    const client = await open((_request, response) => response.writeHead(413).end("too much"));
    const stream = client.request({ ":method": "POST", ":path": `${prefix}/` });
    stream.write(Buffer.alloc(1000));
    const answer = await answerTo(stream);
    expect([answer.status, answer.body.toString()]).toEqual([413, "too much"]);
  });
});

describe("a body to the client", () => {
  it("comes whole, with its length and without", async () => {
    const body = randomBytes(5_000_000);
    const client = await open((request, response) => {
      if (request.url === "/told") response.setHeader("content-length", body.length);
      else response.write(body.subarray(0, 10));
      response.end(request.url === "/told" ? body : body.subarray(10));
    });
    const [told, untold] = await Promise.all([
      send2(client, { ":path": `${prefix}/told` }),
      send2(client, { ":path": `${prefix}/untold` }),
    ]);
    expect([told.headers["content-length"], sha(told.body)]).toEqual(["5000000", sha(body)]);
    expect([untold.headers["content-length"], sha(untold.body)]).toEqual([undefined, sha(body)]);
  });

  it("ends with the sandbox's trailers", async () => {
    const client = await open((_request, response) => {
      response.writeHead(200, { trailer: "x-sum" });
      response.write("body");
      response.addTrailers({ "x-sum": "12", "x-words": "a b ", constructor: "y", "keep-alive": "no" });
      response.end();
    });
    const answer = await send2(client, { ":path": `${prefix}/` });
    expect(answer.body.toString()).toBe("body");
    expect(answer.trailers).toMatchObject({ "x-sum": "12", "x-words": "a b", constructor: "y" });
    expect(answer.trailers).not.toHaveProperty("keep-alive");
  });

  it("ends with trailers whose names objects have", async () => {
    const client = await open((_request, response) => {
      response.writeHead(200, { trailer: "x-sum" });
      response.addTrailers([
        ["__proto__", "1"],
        ["constructor", "2"],
      ]);
      response.end("body");
    });
    const answer = await send2(client, { ":path": `${prefix}/` });
    expect(answer.body.toString()).toBe("body");
    expect(Object.entries(answer.trailers ?? {})).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
    ]);
  });

  it("comes piece by piece as the sandbox sends it", async () => {
    let response: ServerResponse | undefined;
    const client = await open((_request, one) => {
      response = one;
      one.writeHead(200, { "content-type": "text/event-stream" });
      one.write("data: 1\n\n");
    });
    const stream = client.request({ ":path": `${prefix}/` });
    stream.setEncoding("utf8");
    expect(await once(stream, "data")).toEqual(["data: 1\n\n"]);
    response?.write("data: 2\n\n");
    expect(await once(stream, "data")).toEqual(["data: 2\n\n"]);
    response?.end();
    await once(stream, "end");
  });

  it("waits in the sandbox while the client does not read, and others of the connection go on", async () => {
    const piece = Buffer.alloc(64 * 1024);
    const sent = new Map<string, number>();
    const client = await open((request, response) => {
      const path = request.url ?? "";
      let left = 1024;
      const more = (): void => {
        while (left-- > 0) {
          sent.set(path, (sent.get(path) ?? 0) + piece.length);
          if (!response.write(piece)) {
            response.once("drain", more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    const slow = client.request({ ":path": `${prefix}/slow` });
    await once(slow, "response");
    const fast = await send2(client, { ":path": `${prefix}/fast` });
    expect(fast.body.length).toBe(64 * 1024 * 1024);
    expect(sent.get("/slow")).toBeLessThan(32 * 1024 * 1024);
    let bytes = 0;
    slow.on("data", (chunk: Buffer) => (bytes += chunk.length));
    await once(slow, "end");
    expect(bytes).toBe(64 * 1024 * 1024);
  });

  it("that the sandbox cuts is reset, and never ends like a whole one", async () => {
    const client = await open((request, response) => {
      if (request.url === "/told") response.setHeader("content-length", 100);
      response.write("some");
      response.write("thing", () => request.socket.destroy());
    });
    for (const path of ["/told", "/chunked"])
      await expect(send2(client, { ":path": prefix + path })).rejects.toThrow("NGHTTP2_INTERNAL_ERROR");
    // The connection itself is as good as before.
    await expect(send2(client, { ":path": "/health" })).resolves.toMatchObject({ status: 200 });
  });
});

describe("a hundred streams at once", () => {
  it("each get the answer to their own request", async () => {
    const client = await open((request, response) => void tell(request, response));
    const bodies = Array.from({ length: 100 }, (_, index) => randomBytes(1000 * index + 1));
    const answers = await Promise.all(
      bodies.map((body) => send2(client, { ":method": "POST", ":path": `${prefix}/` }, body)),
    );
    const hashes = answers.map(({ body }) => (JSON.parse(body.toString()) as { hash: string }).hash);
    expect(hashes).toEqual(bodies.map(sha));
  });
});
