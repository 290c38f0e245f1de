import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { doctor } from "../src/commands/doctor.ts";
import type { Report } from "../src/doctor/report.ts";

/** An API server of another time, on which nothing is installed. */
describe("sandgate doctor", () => {
  let folder: string;
  let server: Server;
  let aheadMs: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "sandgate-doctor-"));
    server = createServer((request, response) => {
      response.setHeader("date", new Date(Date.now() - aheadMs).toUTCString());
      response.setHeader("content-type", "application/json");
      if (request.url === "/version") {
        response.end('{"gitVersion":"v1.36.0"}');
        return;
      }
      response.writeHead(404).end('{"kind":"Status","status":"Failure","reason":"NotFound","code":404}');
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    rmSync(folder, { recursive: true });
  });

  async function run(terminal: boolean): Promise<{ report: Report; exitCode: number; told: string }> {
    const kubeconfig = join(folder, "kubeconfig");
    const { port } = server.address() as AddressInfo;
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        "current-context": "x",
        contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
        clusters: [{ name: "x", cluster: { server: `http://127.0.0.1:${port}` } }],
        users: [{ name: "x", user: {} }],
      }),
    );
    const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: terminal })];
    const { signal } = new AbortController();
    const context = { env: {}, stdin: new PassThrough(), stdout, stderr, signal };
    const exitCode = await doctor(context, undefined, { json: true, kubeconfig });
    const told = String(stderr.read() ?? "");
    return { report: JSON.parse(String(stdout.read())) as Report, exitCode, told };
  }

  it.each([
    [3_600_000, "this clock is 3600 s ahead of it"],
    [-90_000, "this clock is 90 s behind it"],
  ])("says of a clock that is %i ms ahead how far, within a second", async (ms, detail) => {
    aheadMs = ms;
    const { report, exitCode } = await run(false);
    const found = report.findings.find(({ id }) => id === "CLOCK_DIFFERS");
    const [, seconds = ""] = /is (\d+) s/.exec(found?.detail ?? "") ?? [];
    expect(Math.abs(Number(seconds) - Math.abs(ms) / 1000)).toBeLessThanOrEqual(2);
    expect(found?.detail.replace(seconds, String(Math.abs(ms) / 1000))).toBe(detail);
    expect(exitCode).toBe(1);
  });

  it("says nothing of clocks that differ by seconds", async () => {
    aheadMs = 3_000;
    expect((await run(false)).report.findings.map(({ id }) => id)).not.toContain("CLOCK_DIFFERS");
  });

  it("shows on a terminal what it reads, and takes that away at the end", async () => {
    aheadMs = 0;
    const { told } = await run(true);
    expect(told).toContain("\r\u001B[Kreading services");
    expect(told.endsWith("\r\u001B[K")).toBe(true);
    expect((await run(false)).told).toBe("");
  });
});
