/** The gateway's own times are minutes here: a test that ends at all has seen the Sandbox's. */
import { afterEach, describe, expect, it } from "vitest";
import { openRawBench, type RawBench } from "../raw-support.ts";
import { entry } from "../support.ts";

let raw: RawBench;
afterEach(async () => {
  await raw.close();
});

async function open(
  annotations: Readonly<Record<string, string>>,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  raw = await openRawBench(flags);
  put(annotations);
}

function put(annotations: Readonly<Record<string, string>>): void {
  const one = entry("alice", "box");
  raw.bench.routes.put("alice-box", { ...one, sandbox: { ...one.sandbox, annotations } });
}

const get = (path = "/"): string => `GET ${raw.prefix}${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

describe("a Sandbox's annotations", () => {
  it("bound how long it may take to begin its answer", async () => {
    await open({ "sandgate.dev/first-byte-timeout": "50ms" });
    const client = await raw.client();
    client.write(get());
    await client.untilText("\r\n\r\n{");
    expect(client.text).toMatch(/^HTTP\/1.1 504 /);
    expect(client.text).toContain("within 0.05 s");
  });

  it("bound how long its answer may pause", async () => {
    await open({ "sandgate.dev/idle-timeout": "50ms" });
    const client = await raw.client();
    client.write(get());
    const sandbox = await raw.sandbox();
    sandbox.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    await client.until(({ ended, closed }) => ended || closed);
    expect(client.text).toMatch(/half$/);
    await sandbox.until(({ ended, closed }) => ended || closed);
  });

  it("bound how long a request's body may pause", async () => {
    await open({ "sandgate.dev/idle-timeout": "50ms" });
    const client = await raw.client();
    client.write(`POST ${raw.prefix}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf`);
    await client.untilText("\r\n\r\n{");
    expect(client.text).toMatch(/^HTTP\/1.1 408 /);
  });

  it("hold for the next request when they change", async () => {
    await open({});
    const client = await raw.client();
    client.write(get());
    const sandbox = await raw.sandbox();
    sandbox.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await client.untilText("ok");
    put({ "sandgate.dev/first-byte-timeout": "50ms" });
    client.write(get());
    await client.untilText("HTTP/1.1 504 ");
  });

  it("lower how many requests it has under way, and no other sandbox's", async () => {
    await open({ "sandgate.dev/max-in-flight": "1" });
    raw.bench.routes.put("alice-other", entry("alice", "other"));
    const [first, second, third] = [await raw.client(), await raw.client(), await raw.client()];
    first.write(get());
    const sandbox = await raw.sandbox();
    second.write(get());
    await second.untilText("HTTP/1.1 429 ");
    expect(second.text).toContain("Sandgate-Error: SANDBOX_BUSY");
    third.write(get().replace("/alice/box", "/alice/other"));
    const other = await raw.sandbox();
    for (const peer of [sandbox, other]) peer.write("HTTP/1.1 204 No Content\r\n\r\n");
    await first.untilText("204");
    await third.untilText("204");
    second.write(get());
    await sandbox.untilText(/GET[^]*GET/);
  });

  it("that say nothing that counts are told in /sandboxes, and the gateway's own limits hold", async () => {
    await open({ "sandgate.dev/first-byte-timeout": "soon" }, { firstByteTimeoutMs: 50 });
    const client = await raw.client();
    client.write(get());
    await client.untilText("HTTP/1.1 504 ");
    const listed = (await (await fetch(`${raw.bench.gateway.url}/sandboxes`)).json()) as {
      sandboxes: { problems: string[] }[];
    };
    expect(listed.sandboxes[0]?.problems).toEqual([
      'sandgate.dev/first-byte-timeout: "soon" is no duration such as 90s, 5m or 1h; it is passed over',
    ]);
  });
});
