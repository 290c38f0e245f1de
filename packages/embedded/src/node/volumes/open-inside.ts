import { closeSync, constants, fchownSync, mkdirSync, openSync } from "node:fs";

/**
 * Opens a folder or file below a folder, one step at a time and never through a symbolic link: what a pod has put there
 * cannot lead anywhere else, also not while this runs. Folders that are missing are made.
 *
 * @returns A descriptor; the caller closes it.
 * @throws Error where a step is a link or no folder.
 */
export function openInside(folder: string, path: string, hostUid: number): number {
  let current = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const steps = path.split("/").filter((step) => step !== "" && step !== ".");
    if (steps.includes("..")) throw new Error(`subPath ${JSON.stringify(path)} leaves its volume`);
    steps.forEach((step, index) => {
      const next = openStep(`/proc/self/fd/${current}/${step}`, hostUid, index === steps.length - 1);
      closeSync(current);
      current = next;
    });
    return current;
  } catch (error) {
    closeSync(current);
    throw error;
  }
}

function openStep(path: string, hostUid: number, last: boolean): number {
  const flags =
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | (last ? 0 : constants.O_DIRECTORY);
  try {
    return openSync(path, flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "ENOTDIR")
      throw new Error("a part of the subPath is a symbolic link or no folder", { cause: error });
    if (code !== "ENOENT") throw error;
    mkdirSync(path, 0o755);
    const made = openSync(path, flags | constants.O_DIRECTORY);
    // By the descriptor: at the path there may be a link by now.
    fchownSync(made, hostUid, hostUid);
    return made;
  }
}
