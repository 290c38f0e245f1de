import { readFileSync } from "node:fs";

/** What a thread has had of the processors so far, in milliseconds. */
export interface Scheduled {
  /** On a core. */
  readonly runMs: number;
  /** Ready to run, with every core taken by somebody else. */
  readonly waitMs: number;
}

/** Reads a thread's account from the kernel; the main thread's where `threadId` is left out. */
export function scheduled(pid: number, threadId = pid): Scheduled {
  const [run, wait] = readFileSync(`/proc/${pid}/task/${threadId}/schedstat`, "utf8").split(" ");
  return { runMs: Number(run) / 1e6, waitMs: Number(wait) / 1e6 };
}

export function since(now: Scheduled, before: Scheduled): Scheduled {
  return { runMs: now.runMs - before.runMs, waitMs: now.waitMs - before.waitMs };
}
