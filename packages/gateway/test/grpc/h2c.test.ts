/** Requests of HTTP/1.1 to sandboxes that speak HTTP/2, and what becomes of their words on the way. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import type { IncomingHttpHeaders } from "node:http2";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { HOP_BY_HOP } from "../../src/engine/head/known-headers.ts";
import { openH2cBench, putBox, type H2cBench, type Program } from "./h2c-support.ts";

let box: H2cBench;
afterEach(async () => {
  await box.close();
});

const tell: Program = (stream, headers) => {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.end(JSON.stringify({ headers, body: Buffer.concat(chunks).toString() }));
  });
};

interface Told {
  headers: IncomingHttpHeaders;
  body: string;
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("latin1")) text += chunk;
  return text;
}

describe("a request to a port that speaks HTTP/2", () => {
  it("is the client's, with what the gateway tells, and takes trailers", async () => {
    box = await openH2cBench(tell);
    const response = await fetch(`${box.base}/a/../b%2Fc?d=%20`, { headers: { "X-Mine": "1" } });
    expect(response.status).toBe(200);
    const { headers } = (await response.json()) as Told;
    expect(headers).toMatchObject({
      ":method": "GET",
      ":scheme": "http",
      ":path": "/b%2Fc?d=%20",
      ":authority": new URL(box.base).host,
      te: "trailers",
      "x-mine": "1",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-prefix": box.prefix,
    });
    expect(Object.keys(headers)).not.toContain("connection");
    expect(Object.keys(headers)).not.toContain("host");
  });

  it.each([
    ["a length", "Content-Length: 5\r\n\r\nhello", { "content-length": "5" }],
    ["chunks", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", {}],
  ])("brings its body, told by %s", async (_name, rest, more) => {
    box = await openH2cBench(tell);
    const client = await box.client();
    client.write(`POST ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n${rest}`);
    await client.untilText('"body":"hello"}');
    expect(client.text).toContain(JSON.stringify(more).slice(1, -1));
    expect(client.text).not.toContain('transfer-encoding":');
  });

  it("brings its trailers", async () => {
    box = await openH2cBench((stream) => {
      stream.resume();
      stream.on("trailers", (trailers) => {
        stream.respond();
        stream.end(JSON.stringify(trailers));
      });
    });
    const client = await box.client();
    client.write(`POST ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n`);
    client.write("1\r\nx\r\n0\r\nX-Sum: 7\r\nX-Sum:  8 \r\n\r\n");
    await client.untilText('{"x-sum":"7, 8"}');
  });

  it("loses trailers that HTTP/2 does not know", async () => {
    box = await openH2cBench((stream) => {
      stream.resume();
      stream.on("trailers", (_trailers, _flags, raw) => {
        stream.respond();
        stream.end(JSON.stringify(raw));
      });
    });
    const client = await box.client();
    client.write(`POST ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n`);
    client.write("0\r\nKeep-Alive: 5\r\nHTTP2-Settings: AA\r\nX-Good: 1\r\n\r\n");
    await client.untilText('["x-good","1"]');
  });

  it("has headers and trailers whose names objects have", async () => {
    box = await openH2cBench((stream, _headers, raw) => {
      stream.resume();
      stream.on("trailers", (_trailers, _flags, rawTrailers) => {
        stream.respond({}, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ ["__proto__"]: "5" }));
        stream.end(JSON.stringify([...raw, ...rawTrailers]));
      });
    });
    const client = await box.client();
    client.write(`POST ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n__proto__: 1\r\nconstructor: 2\r\n`);
    client.write("Transfer-Encoding: chunked\r\n\r\n0\r\n__proto__: 3\r\nconstructor: 4\r\n\r\n");
    await client.untilText("\r\n0\r\n");
    await client.untilText("__proto__: 5\r\n\r\n");
    expect(client.text).toContain('"__proto__","1"');
    expect(client.text).toContain('"__proto__","3","constructor","4"');
  });

  it("is cut into pieces anywhere, and is the same", async () => {
    box = await openH2cBench(tell);
    const text =
      `POST ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n` +
      "3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-End: 1\r\n\r\n";
    const client = await box.client();
    for (const byte of text) {
      client.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.untilText('"body":"abcdefg"}');
  });

  it("has headers that come twice, and bytes that are no ASCII, as they came", async () => {
    box = await openH2cBench((stream, _headers, raw) => {
      stream.respond({ "x-back": "gr\u00fc\u00df" });
      stream.end(Buffer.from(JSON.stringify(raw), "latin1"));
    });
    const client = await box.client();
    client.write(
      `GET ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: \u00e4\r\nX-A: 2\r\nUser-Agent: a\r\nUser-Agent: b\r\n\r\n`,
    );
    await client.untilText("]");
    expect(client.text).toContain('"x-a","\u00e4","x-a","2"');
    expect(client.text).toContain('"user-agent","a","user-agent","b"');
    expect(client.text).toContain("x-back: gr\u00fc\u00df\r\n");
  });

  it("may have any names and values that HTTP/1.1 allows, and never ends the gateway", async () => {
    box = await openH2cBench((stream, _headers, raw) => {
      stream.resume();
      stream.on("end", () => {
        // Of a request that is refused for its trailers.
        if (stream.destroyed) return;
        stream.respond();
        stream.end(Buffer.from(JSON.stringify(raw), "latin1"));
      });
    });
    const known = [
      ...HOP_BY_HOP,
      "host",
      "te",
      "cookie",
      "content-type",
      "date",
      "set-cookie",
      "age",
      "trailer",
    ];
    const anyName = fc.string({
      unit: fc.constantFrom(..."abcXYZ019-_.!#$%&'*+^`|~".split("")),
      minLength: 1,
    });
    const name = fc.oneof(anyName, fc.constantFrom(...known));
    const unit = fc.integer({ min: 0x20, max: 0xff }).filter((byte) => byte !== 0x7f);
    const value = fc.string({ unit: unit.map((byte) => String.fromCharCode(byte)), maxLength: 30 });
    const lines = fc.array(fc.tuple(name, value), { maxLength: 8 });
    const textOf = (list: [string, string][]): string =>
      list.map(([one, text]) => `${one}: ${text}\r\n`).join("");
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(lines, lines, async (headers, trailers) => {
        const client = await box.client();
        client.write(`POST ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Mark: 1\r\n${textOf(headers)}`);
        client.write(`Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n${textOf(trailers)}\r\n`);
        await client.untilText(/^HTTP\/1\.1 [0-9]{3} [^]*(?:\]\r\n0\r\n\r\n|\})$/);
        if (client.text.startsWith("HTTP/1.1 200")) passed++;
        expect(client.text).not.toMatch(/^HTTP\/1\.1 50/);
        client.socket.destroy();
      }),
      { numRuns: 300 },
    );
    expect(passed).toBeGreaterThan(50);
  });

  it("shares one connection with the others", async () => {
    box = await openH2cBench(tell);
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const response = await fetch(`${box.base}/${index}`, { method: "POST", body: `${index}` });
        expect(((await response.json()) as Told).body).toBe(`${index}`);
      }),
    );
    expect(box.sessions).toHaveLength(1);
  });
});

describe("an answer of a port that speaks HTTP/2", () => {
  it("with a length keeps it", async () => {
    box = await openH2cBench((stream) => {
      stream.respond({ "content-length": "5" });
      stream.end("hello");
    });
    const client = await box.client();
    client.write(`GET ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await client.untilText("hello");
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(client.text).toContain("content-length: 5\r\n");
    expect(client.text).not.toMatch(/transfer-encoding/i);
  });

  it("brings its trailers in chunks, without those that belong into a head", async () => {
    box = await openH2cBench((stream) => {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "x-request-id": "forged" }));
      stream.end("hello");
    });
    const client = await box.client();
    client.write(`GET ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await client.untilText("\r\n0\r\ngrpc-status: 0\r\n\r\n");
    expect(client.text).toContain("5\r\nhello\r\n");
    client.take();
    client.write(`GET ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await client.untilText("grpc-status: 0\r\n\r\n");
  });

  it("that is all head has no body", async () => {
    box = await openH2cBench((stream) => {
      stream.respond({ ":status": 200, "grpc-status": "5" }, { endStream: true });
    });
    const response = await fetch(`${box.base}/`);
    expect([response.status, response.headers.get("grpc-status"), await response.text()]).toEqual([
      200,
      "5",
      "",
    ]);
    expect(response.headers.get("content-length")).toBe("0");
  });

  it.each([204, 304])("of %i has no body and nothing that tells of one", async (status) => {
    box = await openH2cBench((stream) => stream.respond({ ":status": status }, { endStream: true }));
    const client = await box.client();
    for (let round = 0; round < 2; round++) {
      client.write(`GET ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      await client.untilText("\r\n\r\n");
      expect(client.take()).not.toMatch(/transfer-encoding|content-length/i);
    }
  });

  it("to HEAD has the length of what GET would get", async () => {
    box = await openH2cBench((stream) => stream.respond({ "content-length": "9" }, { endStream: true }));
    const client = await box.client();
    for (let round = 0; round < 2; round++) {
      client.write(`HEAD ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      await client.untilText("\r\n\r\n");
      expect(client.take()).toContain("content-length: 9\r\n");
    }
  });

  it("may be announced by others", async () => {
    box = await openH2cBench((stream) => {
      stream.additionalHeaders({ ":status": 103, link: "</a>; rel=preload" });
      stream.respond();
      stream.end("done");
    });
    const client = await box.client();
    client.write(`GET ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await client.untilText("done");
    expect(client.text).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a>; rel=preload\r\n\r\nHTTP\/1\.1 200/,
    );
  });

  it("says when it wants the body, to whoever waits for that", async () => {
    box = await openH2cBench((stream, headers) => {
      expect(headers.expect).toBe("100-continue");
      stream.additionalHeaders({ ":status": 100 });
      tell(stream, headers, []);
    });
    const sent = request(`${box.base}/`, { method: "POST", headers: { expect: "100-continue" } });
    sent.flushHeaders();
    await once(sent, "continue");
    sent.end("now");
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect((JSON.parse(await bodyOf(response)) as Told).body).toBe("now");
  });

  it("begins and goes on while the request does", async () => {
    box = await openH2cBench((stream) => {
      stream.respond();
      stream.on("data", (chunk: Buffer) => stream.write(chunk.toString().toUpperCase()));
      stream.on("end", () => stream.end("!"));
    });
    const client = await box.client();
    client.write(`POST ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n`);
    await client.untilText("\r\n\r\n");
    for (const word of ["one", "two", "three"]) {
      client.write(`${word.length.toString(16)}\r\n${word}\r\n`);
      await client.untilText(word.toUpperCase());
    }
    client.write("0\r\n\r\n");
    await client.untilText("!\r\n0\r\n\r\n");
    // Both were complete, so the connection brings another.
    client.take();
    client.write(`POST ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\nfour`);
    await client.untilText("FOUR");
  });

  it("to a client of HTTP/1.0 ends with the connection", async () => {
    box = await openH2cBench((stream) => {
      stream.respond();
      stream.write("one");
      stream.end("two");
    });
    const client = await box.client();
    client.write(`GET ${box.prefix}/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n`);
    await client.until(({ ended }) => ended);
    expect(client.text).toMatch(/\r\n\r\nonetwo$/);
  });
});

describe("large bodies", () => {
  it("are the same on the other side, both ways", async () => {
    box = await openH2cBench((stream) => {
      stream.respond();
      stream.pipe(stream);
    });
    const body = randomBytes(20 * 1024 * 1024);
    const response = await fetch(`${box.base}/`, { method: "POST", body });
    const back = Buffer.from(await response.arrayBuffer());
    const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    expect(hash(back)).toBe(hash(body));
  });
});

describe("an upgrade", () => {
  it("on a port that speaks HTTP/2 is refused, and says why", async () => {
    box = await openH2cBench(tell);
    const client = await box.client();
    client.write(
      `GET ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await client.until(({ ended }) => ended);
    expect(client.text).toMatch(/^HTTP\/1\.1 501 /);
    expect(client.text).toContain("Sandgate-Error: UPGRADE_UNSUPPORTED");
  });

  it("to HTTP/2 itself is none", async () => {
    box = await openH2cBench(tell);
    const client = await box.client();
    client.write(
      `GET ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    );
    await client.untilText('"body":""}');
    expect(client.text).not.toContain("http2-settings");
  });
});

describe("which ports speak HTTP/2", () => {
  it("is said by the annotation, by their names, and is what it is now", async () => {
    box = await openH2cBench(tell);
    expect((await fetch(box.base)).status).toBe(200);
    putBox(box.bench, undefined);
    // In HTTP/1.1 such a program makes no sense of the request.
    expect((await fetch(box.base)).status).toBe(502);
    putBox(box.bench, `1, ${box.port}`);
    expect((await fetch(box.base)).status).toBe(200);
  });
});

describe("a pod that has the address of another before it", () => {
  it("gets none of that one's connections", async () => {
    box = await openH2cBench(tell);
    for (let round = 0; round < 2; round++) await fetch(box.base);
    expect(box.sessions).toHaveLength(1);
    putBox(box.bench, "*", "another");
    await fetch(box.base);
    expect(box.sessions).toHaveLength(2);
  });
});
