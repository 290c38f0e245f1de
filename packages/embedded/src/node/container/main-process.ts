import { readFileSync } from "node:fs";

/**
 * Host pid of the container's own command: the first child of the init process that bubblewrap leaves in the container.
 * Null where there is none (yet), or where the numbers belong to somebody else by now.
 */
export function mainProcess(initPid: number, hostUid: number): number | null {
  try {
    if (userOf(initPid) !== hostUid) return null;
    const children = readFileSync(`/proc/${initPid}/task/${initPid}/children`, "utf8").trim();
    const pid = children === "" ? null : Number(children.split(" ")[0]);
    return pid !== null && userOf(pid) === hostUid ? pid : null;
  } catch {
    // It has ended while we looked.
    return null;
  }
}

/** Real uid of a process. */
export function userOf(pid: number | string): number | null {
  const match = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return match === null ? null : Number(match[1]);
}
