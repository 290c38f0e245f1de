import { chownSync, closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { runProgram } from "../run-program.ts";

/** Output of a container: our end to read, and the descriptor to give away. */
export interface StdioPipes {
  stdout: Readable;
  stderr: Readable;
  /** For the container's process. */
  writers: readonly [number, number];
  /** Closes our copies of the descriptors; to be called once the process has them. */
  givenAway(): void;
}

/**
 * Real pipes that belong to the pod's user. What `child_process` makes are sockets of root's, and on those a program
 * cannot open `/dev/stdout` by name, as many do.
 */
export async function makeStdioPipes(folder: string, hostUid: number): Promise<StdioPipes> {
  const paths = [join(folder, "stdout"), join(folder, "stderr")];
  for (const path of paths) rmSync(path, { force: true });
  await runProgram("mkfifo", ["-m", "0600", ...paths]);
  const [out, err] = paths.map((path) => {
    chownSync(path, hostUid, hostUid);
    // The reader first and without waiting, so that the writer's open does not wait either.
    const reader = new Socket({
      fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
      readable: true,
      writable: false,
    });
    return { reader, writer: openSync(path, constants.O_WRONLY) };
  });
  if (out === undefined || err === undefined) throw new Error("two pipes were asked for");
  return {
    stdout: out.reader,
    stderr: err.reader,
    writers: [out.writer, err.writer],
    givenAway() {
      closeSync(out.writer);
      closeSync(err.writer);
    },
  };
}
