import { afterEach, describe, expect, it } from "vitest";
import { openRawBench, type RawBench } from "../raw-support.ts";
import { entry } from "../support.ts";

let raw: RawBench;
afterEach(async () => {
  await raw.close();
});

const post = (headers: string, body: string): string =>
  `POST ${raw.prefix}/ HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n${body}`;
const CHUNKED = "Transfer-Encoding: chunked";

describe("a request with a body that is too long", () => {
  it("is refused by its Content-Length before a sandbox hears of it", async () => {
    raw = await openRawBench({ maxBodyBytes: 10 });
    const client = await raw.client();
    client.write(post("Content-Length: 11\r\nExpect: 100-continue", ""));
    await client.until(({ ended }) => ended);
    expect(client.text).toMatch(/^HTTP\/1.1 413 /);
    expect(client.text).toContain("REQUEST_BODY_TOO_LARGE");
    expect(client.text).not.toContain("100 Continue");
    expect(raw.dialled).toBe(0);
  });

  it("goes on where it is just as long as it may be, in whatever chunks", async () => {
    raw = await openRawBench({ maxBodyBytes: 10 });
    const bodies = ["a\r\n0123456789\r\n0\r\n\r\n", `${"1;x=y\r\n0\r\n".repeat(10)}0\r\n\r\n`];
    for (const body of bodies) {
      const client = await raw.client();
      client.write(post(`${CHUNKED}\r\nConnection: close`, body));
      const sandbox = await raw.sandbox();
      await sandbox.untilText(/\r\n0\r\n\r\n$/);
      sandbox.write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
      await client.untilText("HTTP/1.1 204 ");
    }
    const client = await raw.client();
    client.write(post("Content-Length: 10", "0123456789"));
    await (await raw.sandbox()).untilText("0123456789");
  });

  it("is cut off in its chunks by a reset, so that the sandbox cannot take it for a whole one", async () => {
    raw = await openRawBench({ maxBodyBytes: 10 });
    const client = await raw.client();
    client.write(post(CHUNKED, "6\r\n012345\r\n"));
    const sandbox = await raw.sandbox();
    await sandbox.untilText("012345\r\n");
    // The chunk that is too much is refused when it is announced.
    client.write("5\r\n");
    await client.until(({ ended }) => ended);
    expect(client.text).toMatch(/^HTTP\/1.1 413 /);
    await sandbox.until(({ closed }) => closed);
    expect(sandbox.ended).toBe(false);
    expect(sandbox.text).toMatch(/012345\r\n$/);
  });

  it("ends the connection where the answer has begun already", async () => {
    raw = await openRawBench({ maxBodyBytes: 10 });
    const client = await raw.client();
    client.write(post(CHUNKED, "6\r\n012345\r\n"));
    const sandbox = await raw.sandbox();
    await sandbox.untilText("012345");
    sandbox.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    await client.untilText("half");
    client.write("5\r\n01234\r\n0\r\n\r\n");
    await client.until(({ ended, closed }) => ended || closed);
    expect(client.text).not.toContain("413");
    expect(client.text).toMatch(/half$/);
  });

  it("is measured by the Sandbox's own annotation where it is the lower one", async () => {
    raw = await openRawBench({ maxBodyBytes: 1000 });
    const one = entry("alice", "box");
    const annotations = { "sandgate.dev/max-body": "10" };
    raw.bench.routes.put("alice-box", { ...one, sandbox: { ...one.sandbox, annotations } });
    const client = await raw.client();
    client.write(post("Content-Length: 11", ""));
    await client.untilText("HTTP/1.1 413 ");
  });

  it("does not bound the next one on the same connection by what has gone before", async () => {
    raw = await openRawBench({ maxBodyBytes: 10 });
    const client = await raw.client();
    const answer = "HTTP/1.1 204 No Content\r\n\r\n";
    client.write(post(CHUNKED, "8\r\n01234567\r\n0\r\n\r\n"));
    const sandbox = await raw.sandbox();
    await sandbox.untilText("0\r\n\r\n");
    sandbox.write(answer);
    await client.untilText("204");
    client.take();
    sandbox.take();
    client.write(post(CHUNKED, "8\r\n01234567\r\n0\r\n\r\n"));
    await sandbox.untilText("0\r\n\r\n");
    sandbox.write(answer);
    await client.untilText("HTTP/1.1 204 ");
  });
});
