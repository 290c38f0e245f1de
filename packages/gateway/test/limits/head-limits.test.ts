import { afterEach, describe, expect, it } from "vitest";
import { openRawBench, type RawBench } from "../raw-support.ts";

let raw: RawBench;
afterEach(async () => {
  await raw.close();
});

/** The status of the answer to a request of these bytes. */
async function statusOf(request: string): Promise<string> {
  const client = await raw.client();
  client.write(request);
  await client.untilText(/^HTTP\/1.1 \d{3} /);
  return client.text.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length);
}

const HOST = "Host: localhost\r\n";
const PATH = "/healthz";

describe("the limits of a request's head", () => {
  it("are the operator's for the URL, to the byte", async () => {
    raw = await openRawBench({ maxUrlBytes: 256 });
    const ask = (bytes: number): string => `GET ${`${PATH}?`.padEnd(bytes, "x")} HTTP/1.1\r\n${HOST}\r\n`;
    expect([await statusOf(ask(256)), await statusOf(ask(257))]).toEqual(["200", "414"]);
    // One that never ends is refused as soon as it is too long.
    expect(await statusOf(`GET /${"x".repeat(256)}`)).toBe("414");
  });

  it("are the operator's for the number of headers", async () => {
    raw = await openRawBench({ maxHeaders: 16 });
    const ask = (more: number): string => `GET ${PATH} HTTP/1.1\r\n${HOST}${"A: b\r\n".repeat(more)}\r\n`;
    expect([await statusOf(ask(15)), await statusOf(ask(16))]).toEqual(["200", "431"]);
  });

  it("count every one of as many headers of one name as there may be", async () => {
    raw = await openRawBench({ maxHeaders: 255 });
    const ask = (more: number): string =>
      `GET ${PATH} HTTP/1.1\r\n${HOST}${"Content-Length: 0\r\n".repeat(more)}\r\n`;
    expect([await statusOf(ask(1)), await statusOf(ask(254))]).toEqual(["200", "400"]);
  });

  it("are the operator's for all of it, to the byte", async () => {
    raw = await openRawBench({ maxHeadBytes: 1_024 });
    const ask = (bytes: number): string => {
      const rest = `GET ${PATH} HTTP/1.1\r\n${HOST}A: \r\n\r\n`.length;
      return `GET ${PATH} HTTP/1.1\r\n${HOST}A: ${"b".repeat(bytes - rest)}\r\n\r\n`;
    };
    expect([await statusOf(ask(1_024)), await statusOf(ask(1_025))]).toEqual(["200", "431"]);
  });

  it("may be as large as 64 KiB, through which a request goes on whole", async () => {
    raw = await openRawBench({ maxHeadBytes: 65_536, maxUrlBytes: 40_000, maxHeaders: 255 });
    const client = await raw.client();
    const path = `${raw.prefix}/${"p".repeat(30_000)}`;
    const headers = Array.from({ length: 250 }, (_, index) => `X-${index}: ${"v".repeat(100)}\r\n`).join("");
    client.write(`GET ${path} HTTP/1.1\r\n${HOST}${headers}\r\n`);
    const sandbox = await raw.sandbox();
    await sandbox.untilText("\r\n\r\n");
    expect(sandbox.text).toContain(`GET /${"p".repeat(30_000)} HTTP/1.1\r\n`);
    expect(sandbox.text).toContain(headers);
  });
});

describe("the times of a connection", () => {
  it("are the operator's for a head that does not end", async () => {
    raw = await openRawBench({ headTimeoutMs: 50 });
    expect(await statusOf(`GET ${PATH} HTTP/1.1\r\nHost: lo`)).toBe("408");
  });

  it("are the operator's for one that brings no request, and then it ends without a word", async () => {
    raw = await openRawBench({ keepAliveTimeoutMs: 50 });
    const client = await raw.client();
    client.write(`GET ${PATH} HTTP/1.1\r\n${HOST}\r\n`);
    await client.until(({ ended }) => ended);
    expect(client.text.match(/HTTP\/1.1 /g)).toHaveLength(1);
  });
});
