import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Candidate } from "../candidates/candidate.ts";
import { CORES, place } from "../placed.ts";
import type { BenchSandbox } from "../sandboxes.ts";
import type { Load, Meter } from "./load.ts";

export interface WrkOptions {
  connections: number;
  seconds: number;
  path: string;
  method?: "GET" | "POST";
  body?: string;
  headers?: Readonly<Record<string, string>>;
}

/** As a browser sends them, so that there is something to read and to pass on. */
const TYPICAL: Readonly<Record<string, string>> = {
  "User-Agent":
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  Accept: "application/json, text/plain, */*",
  "Accept-Language": "en-US,en;q=0.9",
  "Accept-Encoding": "gzip, deflate, br",
  "Cache-Control": "no-cache",
  Cookie: "session=0123456789abcdef0123456789abcdef; theme=dark",
};

const DONE = `
function done(summary, latency)
  io.write(string.format(
    '{"count":%d,"micros":%d,"errors":%d,"p50":%d,"p99":%d,"p999":%d}\\n',
    summary.requests, summary.duration,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
`;

/**
 * Requests for the sandboxes in turn, as fast as they are answered.
 *
 * @throws Error where one was not answered with success.
 */
export async function wrk(
  candidate: Candidate,
  sandboxes: readonly BenchSandbox[],
  options: WrkOptions,
  meter: Meter,
): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-bench-wrk-"));
  try {
    const script = join(folder, "requests.lua");
    writeFileSync(script, scriptOf(candidate, sandboxes, options));
    const { connections, seconds } = options;
    const url = `http://${candidate.host}:${candidate.port}`;
    const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", "-s", script, url];
    meter.begin();
    const placed = place("wrk", args, { core: CORES.load });
    let output = "";
    placed.child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    await once(placed.child, "close");
    meter.end();
    return loadOf(candidate, output + placed.errors());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function scriptOf(candidate: Candidate, sandboxes: readonly BenchSandbox[], options: WrkOptions): string {
  const { method = "GET", body, path } = options;
  const calls = sandboxes.map((sandbox) => {
    const { prefix, headers } = candidate.naming(sandbox);
    const all = Object.entries({ ...TYPICAL, ...options.headers, ...headers });
    const list = all.map(([name, value]) => `[${quoted(name)}]=${quoted(value)}`).join(",");
    return `  {${quoted(prefix + path)}, {${list}}},\n`;
  });
  return `local calls = {
${calls.join("")}}
local requests, next = {}, 0
function init()
  local host = wrk.headers["Host"]
  for index, call in ipairs(calls) do
    call[2]["Host"] = host
    requests[index] = wrk.format(${quoted(method)}, call[1], call[2]${body === undefined ? "" : `, ${quoted(body)}`})
  end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
${DONE}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function loadOf(candidate: Candidate, output: string): Load {
  const line = output.split("\n").findLast((one) => one.startsWith("{"));
  if (line === undefined) throw new Error(`wrk said nothing about ${candidate.title}:\n${output}`);
  const { count, micros, errors, p50, p99, p999 } = JSON.parse(line) as Record<
    "count" | "micros" | "errors" | "p50" | "p99" | "p999",
    number
  >;
  if (errors > 0 || count === 0)
    throw new Error(
      `${candidate.title} failed ${errors} of ${count} requests:\n${output}\n${candidate.errors()}`,
    );
  return {
    count,
    seconds: micros / 1e6,
    latency: { p50: p50 / 1000, p99: p99 / 1000, p999: p999 / 1000 },
  };
}
