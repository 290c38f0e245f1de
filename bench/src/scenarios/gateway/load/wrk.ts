import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { originOf, type Candidate } from "../candidates/candidate.ts";
import { CORES, place } from "../placed.ts";
import type { BenchSandbox } from "../sandboxes.ts";
import type { Load, Meter } from "./load.ts";
import { TYPICAL_HEADERS } from "./typical-headers.ts";
import { runFolder } from "../run-folder.ts";

export interface WrkOptions {
  connections: number;
  seconds: number;
  path: string;
  method?: "GET" | "POST";
  body?: string;
  headers?: Readonly<Record<string, string>>;
}

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
  const folder = mkdtempSync(join(runFolder(), "wrk-"));
  try {
    const script = join(folder, "requests.lua");
    writeFileSync(script, scriptOf(candidate, sandboxes, options));
    const { connections, seconds } = options;
    const url = originOf(candidate);
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
    const all = Object.entries({ ...TYPICAL_HEADERS, ...options.headers, ...headers });
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
