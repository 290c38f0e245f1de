import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../free-ports.ts";
import { CORES, place, untilListening, type PlacedOptions } from "../placed.ts";
import type { Candidate } from "./candidate.ts";
import { runFolder } from "../run-folder.ts";

/** What differs from one candidate to the next. */
export type CandidateFacts = Omit<
  Candidate,
  "host" | "port" | "http2Port" | "pid" | "cpu" | "errors" | "emptyErrors" | keyof AsyncDisposable
> & {
  /** Whether it speaks HTTP/2, and where. */
  http2: "no" | "on its port" | "on a port of its own";
};

/** How it is started, once it has a folder for its files and a port to listen on. */
export interface Launch {
  command: string;
  args: readonly string[];
  options?: Omit<PlacedOptions, "core">;
}

/**
 * Starts a proxy on the proxies' core, in a folder that goes with it.
 *
 * @throws Error with its error output where it does not come up.
 */
export async function startCandidate(
  { http2, ...facts }: CandidateFacts,
  launchOf: (folder: string, port: number, http2Port: number) => Launch | Promise<Launch>,
): Promise<Candidate> {
  const folder = mkdtempSync(join(runFolder(), "proxy-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const [port = 0, other = 0] = await freePorts(2);
  const http2Port = http2 === "on a port of its own" ? other : port;
  const { command, args, options } = await launchOf(folder, port, http2Port);
  const placed = place(command, args, { ...options, core: CORES.proxy });
  stack.defer(() => placed.close());
  const host = "127.0.0.1";
  await untilListening(placed, { host, port });
  const all = stack.move();
  return {
    ...facts,
    host,
    port,
    http2Port: http2 === "no" ? null : http2Port,
    pid: placed.pid,
    cpu: () => placed.cpu(),
    errors: () => placed.errors(),
    emptyErrors: () => placed.emptyErrors(),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
