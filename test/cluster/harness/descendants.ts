/** Processes by their place in `/proc`: those of a killed run are nobody's children, so nothing tells of their end. */
import { readFileSync } from "node:fs";

/** Every process below one, with the programs' names. Wait for the tree to stand still before you trust it. */
export function descendants(pid: number): { pid: number; name: string }[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children
    .split(" ")
    .filter((one) => one !== "")
    .map(Number)
    .flatMap((child) => [
      { pid: child, name: readFileSync(`/proc/${child}/comm`, "utf8").trim() },
      ...descendants(child),
    ]);
}

/** Whether a process has not ended; one that only waits for its parent to look has. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
