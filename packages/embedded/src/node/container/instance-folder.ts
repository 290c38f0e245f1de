import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "../remove-tree.ts";

/** Path of the log of one instance of a container. */
export function logPath(folder: string, instance: number): string {
  return join(folder, `${instance}.log`);
}

/** Path of the file in which a container says why it ends. */
export function messagePath(folder: string): string {
  return join(folder, "termination-message");
}

/**
 * Makes the container's folder ready for an instance: an empty root that belongs to the pod's user, and no last words.
 *
 * @returns The root.
 */
export async function prepareInstance(folder: string, instance: number, hostUid: number): Promise<string> {
  // The file system of an instance goes with it, as a container's does. Also one by the same number, of a start that was
  // not counted: in what a pod has written, every name may be a link.
  const old = readdirSync(folder).filter((name) => name.startsWith("root-"));
  await Promise.all(old.map((name) => removeTree(join(folder, name))));
  const root = join(folder, `root-${instance}`);
  makeRoot(root, hostUid);
  const message = messagePath(folder);
  rmSync(message, { force: true });
  writeFileSync(message, "");
  chownSync(message, hostUid, hostUid);
  return root;
}

function makeRoot(root: string, hostUid: number): void {
  for (const name of ["", "workspace", "tmp", "home", "run", "var", "var/tmp", "root"]) {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    chownSync(path, hostUid, hostUid);
    chmodSync(path, name === "tmp" || name === "var/tmp" ? 0o1777 : 0o755);
  }
}
