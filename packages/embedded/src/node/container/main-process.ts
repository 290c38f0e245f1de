import { readFileSync } from "node:fs";

/** Host pid of the container's own command: the first child of the init process that bubblewrap leaves in the container. */
export function mainProcess(initPid: number): number | null {
  try {
    const children = readFileSync(`/proc/${initPid}/task/${initPid}/children`, "utf8").trim();
    return children === "" ? null : Number(children.split(" ")[0]);
  } catch {
    return null;
  }
}
