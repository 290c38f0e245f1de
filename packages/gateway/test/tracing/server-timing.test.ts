import { afterEach, describe, expect, it } from "vitest";
import { openEcho, type Echo } from "../echo-support.ts";
import type { Bench } from "../support.ts";

let bench: Bench;
let base: string;
async function open(...options: Parameters<typeof openEcho>): Promise<void> {
  ({ bench, base } = await openEcho(...options));
}
afterEach(async () => {
  await bench.close();
});

describe("Server-Timing", () => {
  const timing = async (headers: Record<string, string> = {}): Promise<string | null> => {
    const answer = await fetch(`${base}/`, { headers });
    const saw = (await answer.json()) as Echo;
    expect(saw.headers).not.toHaveProperty("sandgate-timing");
    return answer.headers.get("server-timing");
  };
  const PARTS =
    /^sandgate;dur=([0-9]+\.[0-9]{3}), connect;dur=([0-9]+\.[0-9]{3}), sandbox;dur=([0-9]+\.[0-9]{3})$/;

  it("is there when the client asks, and not else", async () => {
    await open();
    expect(await timing()).toBeNull();
    expect(await timing({ "Sandgate-Timing": "0" })).toBeNull();
    const [, decide, connect, sandbox] = PARTS.exec((await timing({ "sandgate-timing": "1" })) ?? "") ?? [];
    for (const part of [decide, sandbox]) expect(Number(part)).toBeGreaterThan(0);
    // It was kept from the request before.
    expect(Number(connect)).toBe(0);
  });

  it("tells how long connecting took where that was needed", async () => {
    await open();
    const [, , connect] = PARTS.exec((await timing({ "sandgate-timing": "1" })) ?? "") ?? [];
    expect(Number(connect)).toBeGreaterThan(0);
  });

  it("is always there, or never, where the operator says so", async () => {
    await open(undefined, { serverTiming: "always" });
    expect(await timing()).toMatch(PARTS);
    await bench.close();
    await open(undefined, { serverTiming: "never" });
    expect(await timing({ "sandgate-timing": "1" })).toBeNull();
  });

  it("stands behind the sandbox's own", async () => {
    await open((_request, response) => response.setHeader("Server-Timing", "db;dur=5").end());
    const answer = await fetch(`${base}/`, { headers: { "sandgate-timing": "1" } });
    expect(answer.headers.get("server-timing")).toMatch(/^db;dur=5, sandgate;dur=/);
  });
});
