import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemeOf, type Candidate } from "../candidates/candidate.ts";
import { CORES, place } from "../placed.ts";
import type { BenchSandbox } from "../sandboxes.ts";
import type { Load, Meter } from "./load.ts";
import { TYPICAL_HEADERS } from "./typical-headers.ts";
import { runFolder } from "../run-folder.ts";

export interface H2loadOptions {
  connections: number;
  /** Requests under way on each connection. */
  streams: number;
  seconds: number;
  path: string;
}

/**
 * Requests by HTTP/2 for the sandboxes in turn, as fast as they are answered: by ALPN with TLS, with prior knowledge without.
 *
 * @throws Error where one was not answered with success.
 */
export async function h2load(
  candidate: Candidate,
  sandboxes: readonly BenchSandbox[],
  { connections, streams, seconds, path }: H2loadOptions,
  meter: Meter,
): Promise<Load> {
  const folder = mkdtempSync(join(runFolder(), "h2load-"));
  try {
    const file = join(folder, "urls");
    const origin = `${schemeOf(candidate.certificate)}://${candidate.host}:${candidate.http2Port}`;
    const namings = sandboxes.map((sandbox) => candidate.naming(sandbox));
    writeFileSync(file, namings.map(({ prefix }) => `${origin}${prefix}${path}\n`).join(""));
    // All requests have the same: whoever speaks HTTP/2 here names the sandbox by its path.
    const headers = { ...TYPICAL_HEADERS, ...namings[0]?.headers };
    const args = [
      "-t1",
      `-c${connections}`,
      `-m${streams}`,
      "-D",
      `${seconds}s`,
      "-i",
      file,
      ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name.toLowerCase()}: ${value}`]),
    ];
    meter.begin();
    const placed = place("h2load", args, { core: CORES.load });
    let output = "";
    placed.child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    await once(placed.child, "close");
    meter.end();
    return loadOf(candidate, seconds, output + placed.errors());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const COUNTS = /, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/;

function loadOf(candidate: Candidate, seconds: number, output: string): Load {
  const [, done = 0, succeeded = 0, ...bad] = (COUNTS.exec(output) ?? []).map(Number);
  const protocol = /^Application protocol: (\S+)/m.exec(output)?.[1];
  if (done === 0 || succeeded < done || bad.some((count) => count > 0) || !protocol?.startsWith("h2"))
    throw new Error(
      `${candidate.title} did not answer all of h2load's requests:\n${output}\n${candidate.errors()}`,
    );
  return { count: done, seconds };
}
