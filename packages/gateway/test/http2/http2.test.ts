import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { entry, openBench, type Bench } from "../support.ts";
import { echo, type Echo } from "../echo-support.ts";

const run = promisify(execFile);

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

describe("curl by HTTP/2 with prior knowledge", () => {
  it("gets what the sandbox answers", async () => {
    bench = await openBench(echo);
    bench.routes.put("alice-box", entry("alice", "box"));
    const url = `${bench.gateway.url}/alice/box:${bench.backendPort}/a?b=c`;
    const { stdout } = await run("curl", ["-s", "--http2-prior-knowledge", "-w", "\n%{http_version}", url]);
    const [body = "", version] = stdout.split("\n");
    expect(version).toBe("2");
    const { url: seen } = JSON.parse(body) as Echo;
    expect(seen).toBe("/a?b=c");
  });
});
