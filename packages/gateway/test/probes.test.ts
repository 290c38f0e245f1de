import { afterEach, describe, expect, it } from "vitest";
import { openBench, raw, type Bench } from "./support.ts";

let bench: Bench;

afterEach(async () => {
  await bench.close();
});

async function ask(head: string): Promise<string> {
  bench = await openBench((_, response) => response.end("from the sandbox"), { routerPort: 0 });
  return (await raw(bench.gateway.url, head)).split("\r\n", 1)[0] ?? "";
}

describe("a probe without a Host, as load balancers send it in HTTP/1.0,", () => {
  it.each(["/healthz", "/readyz", "/health"])("of %s is answered", async (path) => {
    expect(await ask(`GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.[01] 200 /);
  });

  it("is answered on the router's listener too", async () => {
    bench = await openBench((_, response) => response.end(), { routerPort: 0 });
    const answer = await raw(bench.gateway.routerUrl ?? "", "GET /healthz HTTP/1.0\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.[01] 200 /);
  });

  it.each(["/sandboxes", "/metrics", "/alice/box/", "/"])("of %s is refused", async (path) => {
    expect(await ask(`GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.[01] 400 /);
  });

  it("in HTTP/1.1, where a Host has to come, is refused", async () => {
    expect(await ask("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("with two of them is refused", async () => {
    expect(await ask("GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n")).toMatch(/^HTTP\/1\.[01] 400 /);
  });
});
