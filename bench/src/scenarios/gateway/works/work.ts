import type { Candidate } from "../candidates/candidate.ts";
import type { Load, Meter } from "../load/load.ts";
import type { RawTarget } from "../load/open-websocket.ts";
import { inTurn, type BenchSandbox } from "../sandboxes.ts";

/** How much of a work is done at a time. */
export interface WorkSetup {
  readonly seconds: number;
  /** Of a large body. */
  readonly bytes: number;
  /** Requests a second that are half of what nginx has managed in the same round. */
  readonly halfRate: number;
}

/** One kind of traffic. */
export interface Work {
  /** In the line of results. */
  readonly name: string;
  readonly title: string;
  /** What is counted. */
  readonly unit: "request" | "message" | "event" | "MiB";
  /**
   * What is compared: how much was done in the time, or the latency; or always the proxy's time for each unit, where the
   * load is the same for everybody.
   */
  readonly comparedBy: "rate" | "latency" | "cpu";
  run(candidate: Candidate, setup: WorkSetup, meter: Meter): Promise<Load>;
}

/** A request of the raw generators for a sandbox. */
export function targetOf(candidate: Candidate, sandbox: BenchSandbox, path: string): RawTarget {
  const { prefix, headers } = candidate.naming(sandbox);
  return { host: candidate.host, port: candidate.port, path: prefix + path, headers };
}

/** As many requests as asked for, over the sandboxes in turn. */
export function targetsOf(
  candidate: Candidate,
  sandboxes: readonly BenchSandbox[],
  path: string,
  count: number,
): RawTarget[] {
  return inTurn(sandboxes, count).map((sandbox) => targetOf(candidate, sandbox, path));
}
