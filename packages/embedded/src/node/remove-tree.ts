import { runProgram } from "./run-program.ts";

/**
 * Removes a folder and all below it. By `rm`, not in this process: what pods leave behind can be millions of files or
 * deeper than a path can be long, and neither may keep anybody else waiting or fail.
 */
export async function removeTree(path: string): Promise<void> {
  await runProgram("rm", ["-rf", "--", path]);
}
