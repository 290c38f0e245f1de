/** An HTTP/2 client that knows nothing of us tries every sentence of the RFC that it has a case for. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entry, openBench, type Bench } from "../../packages/gateway/test/support.ts";
import { findH2spec } from "../../scripts/h2spec.ts";

const BUILD_MS = 10 * 60_000;
const RUN_MS = 5 * 60_000;

const LATE =
  "nghttp2 passes over frames of streams that are closed: they may have been on their way, and nothing of them gets to anybody";
const PRIORITIES =
  "RFC 9113 has done away with priorities (section 5.3), and nghttp2 passes over their frames";
/** Cases of h2spec, which is of RFC 7540, that do not hold here, and why that is well. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "http2/3.5: Sends invalid connection preface":
    "without TLS the port speaks HTTP/1.1, too, and refuses in its words what is neither",
  "http2/5.1: closed: Sends a DATA frame after sending RST_STREAM frame": LATE,
  "http2/5.1: closed: Sends a HEADERS frame after sending RST_STREAM frame": LATE,
  "http2/5.1: closed: Sends a DATA frame": LATE,
  "http2/5.1: closed: Sends a HEADERS frame": LATE,
  "http2/5.1.1: Sends stream identifier that is numerically smaller than previous": LATE,
  "http2/5.3.1: Sends PRIORITY frame that depend on itself": PRIORITIES,
  "http2/6.3: Sends a PRIORITY frame with 0x0 stream identifier": PRIORITIES,
  "http2/6.7: Sends a PING frame with ACK":
    "Node.js ends the connection of whoever answers what was not asked, where passing over would do",
  "http2/6.9.1: Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream":
    "nghttp2 ends the connection, where resetting the stream would do",
};

let h2spec: string;
let bench: Bench;
let folder: string;

beforeAll(async () => {
  h2spec = findH2spec((line) => void process.stderr.write(`${line}\n`));
  bench = await openBench((request, response) => {
    request.resume().on("end", () => response.end("an answer of some length"));
  });
  bench.routes.put("alice-box", entry("alice", "box"));
  folder = mkdtempSync(join(tmpdir(), "sandgate-h2spec-"));
}, BUILD_MS);
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Every case with what came of it. */
async function run(): Promise<{ passed: string[]; others: string[] }> {
  const report = join(folder, "report.xml");
  const path = `/alice/box:${bench.backendPort}/`;
  const child = spawn(
    h2spec,
    [
      "--strict",
      "--port",
      new URL(bench.gateway.url).port,
      "--path",
      path,
      "--timeout",
      "3",
      "--junit-report",
      report,
    ],
    { stdio: "ignore" },
  );
  await once(child, "exit");
  const passed: string[] = [];
  const others: string[] = [];
  const cases = /<testcase package="([^"]*)" classname="([^"]*)"[^>]*>([^]*?)<\/testcase>/g;
  for (const [, section, title, what] of readFileSync(report, "utf8").matchAll(cases))
    (what?.trim() === "" ? passed : others).push(`${section}: ${title}`);
  return { passed, others };
}

describe("h2spec", () => {
  it(
    "finds every case to hold, but for those that are named here with their reasons",
    async () => {
      const { passed, others } = await run();
      expect(others).toEqual(Object.keys(EXCEPTIONS));
      expect(passed.length).toBeGreaterThanOrEqual(136);
    },
    RUN_MS,
  );
});
