import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { connect } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

/** The candidates have the first core to themselves; load and backend share the second. */
export const CORES = { proxy: 0, load: 1 } as const;

export function requireCores(): void {
  if (availableParallelism() < 2)
    throw new Error("This benchmark needs two cores: one for the proxy, one for load and backend.");
}

/** What a process has had of a core so far, in seconds. */
export interface CpuTime {
  readonly user: number;
  readonly system: number;
}

/** A program on a core of its own. */
export interface Placed {
  /** Its command. */
  readonly name: string;
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote to its error output so far. */
  errors(): string;
  /** Forgets it; an access log would fill the disk in the course of a run. */
  emptyErrors(): void;
  cpu(): CpuTime;
  /** Ends it and waits for that. Idempotent. */
  close(): Promise<void>;
}

export interface PlacedOptions {
  core: number;
  env?: NodeJS.ProcessEnv;
  /** Receives its error output; kept in memory where absent. */
  errorFile?: string;
}

// 10,000 connections are 20,000 descriptors in a proxy.
const RAISE = 'ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"';
// The program takes the shell's place, so the process id is its own; and it ends with us, however we do.
const LAUNCH = `${RAISE}; exec setpriv --pdeathsig KILL -- "$@"`;

/** How many descriptors a program that is started here may have. */
function descriptorLimit(): number {
  return Number(spawnSync("sh", ["-c", `${RAISE}; ulimit -n`], { encoding: "utf8" }).stdout);
}

/** For what a proxy has open besides, and for connections of a moment ago. */
const SPARE_DESCRIPTORS = 500;

/** As many connections as asked for, or as a proxy can have with two descriptors for each and some for itself. */
export function mostConnections(wanted: number): number {
  return Math.min(wanted, Math.floor((descriptorLimit() - SPARE_DESCRIPTORS) / 2));
}

/** Starts a program; its output is piped, its error output kept for messages. */
export function place(command: string, args: readonly string[], options: PlacedOptions): Placed {
  const { core, env = {}, errorFile } = options;
  const errorOutput = errorFile === undefined ? "pipe" : openSync(errorFile, "a");
  const child = spawn("taskset", ["-c", String(core), "sh", "-c", LAUNCH, "sh", command, ...args], {
    stdio: ["pipe", "pipe", errorOutput],
    env: { ...process.env, ...env },
  });
  if (typeof errorOutput === "number") closeSync(errorOutput);
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-8_000);
  });
  const ended = once(child, "close");
  ended.catch(() => {});
  const pid = child.pid ?? 0;
  return {
    name: command,
    pid,
    child,
    errors: () => (errorFile === undefined ? errors : readFileSync(errorFile, "utf8").slice(-8_000)),
    emptyErrors() {
      errors = "";
      if (errorFile !== undefined) truncateSync(errorFile);
    },
    cpu: () => cpuTime(pid),
    async close() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

function cpuTime(pid: number): CpuTime {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // Clock ticks are 100 a second on every Linux that Node.js runs on; the sum is known to the nanosecond.
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  let ranNs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    ranNs += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  const share = userTicks / Math.max(1, userTicks + systemTicks);
  return { user: (ranNs / 1e9) * share, system: (ranNs / 1e9) * (1 - share) };
}

/**
 * Waits until something listens there.
 *
 * @throws Error with the program's error output where it ends before that.
 */
export async function untilListening(placed: Placed, at: { host: string; port: number }): Promise<void> {
  for (;;) {
    const { exitCode, signalCode } = placed.child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`${placed.name} ended with ${exitCode ?? signalCode}:\n${placed.errors()}`);
    if (await listensAt(at)) return;
    // Readiness of another program is told by nothing but its port.
    await delay(20);
  }
}

function listensAt(at: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(at);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
