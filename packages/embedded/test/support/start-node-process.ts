import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/**
 * Starts a node in a process of its own, with one pod.
 *
 * @param marker - How long, in seconds, the pod's processes sleep: by it they are found.
 * @returns The process, once its pod runs.
 */
export async function startNodeProcess(dataDir: string, marker: string): Promise<ChildProcess> {
  const program = join(import.meta.dirname, "node-process.ts");
  const child = spawn(process.execPath, [program, dataDir, marker], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) if (line === "ready") return child;
  throw new Error("the node's process ended before its pod ran");
}
