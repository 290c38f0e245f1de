import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Container } from "@sandgate/contract";
import { messagePath } from "./instance-folder.ts";

const TERMINATION_MESSAGE_BYTES = 4096;
/** Enough of a log to hold its last line, and what `FallbackToLogsOnError` takes of it. */
const LOG_TAIL_BYTES = 8192;
const FALLBACK_LENGTH = 2048;

/** How an instance of a container has ended, as a kubelet says it. */
export interface ExitInfo {
  exitCode: number;
  reason: "Completed" | "Error" | "OOMKilled" | "StartError";
  message: string;
}

/** What is known of an instance that has ended. */
export interface EndedInstance {
  container: Container;
  /** The container's own folder on the host. */
  folder: string;
  log: string;
  exitCode: number;
  outOfMemory: boolean;
  /** bubblewrap got as far as to make the container. */
  began: boolean;
}

/** Why it has ended: by itself, by the kernel, or before it ran at all. */
export function explainExit(ended: EndedInstance): ExitInfo {
  const { exitCode } = ended;
  if (!ended.began) {
    const why = lastLine(ended.log).replace(/^\S+ stderr [FP] /, "");
    return { exitCode: 128, reason: "StartError", message: why || "the container could not be made" };
  }
  const message = terminationMessage(ended);
  if (exitCode === 0) return { exitCode, reason: "Completed", message };
  if (ended.outOfMemory) return { exitCode, reason: "OOMKilled", message };
  const failure = startFailure(ended.log);
  if (failure !== null) return { exitCode: 128, reason: "StartError", message: failure };
  return { exitCode, reason: "Error", message };
}

/** bubblewrap says on standard error why it could not run the command. */
function startFailure(log: string): string | null {
  const match =
    / stderr F bwrap: (?:execvp (.*): (.*)|(Can't (?:chdir|mkdir|create|bind|mount|find) .*))$/.exec(
      lastLine(log),
    );
  if (match === null) return null;
  const [, command, why, folder] = match;
  return folder === undefined ? `exec: ${JSON.stringify(command)}: ${why}` : folder;
}

function terminationMessage({ container, folder, log, exitCode }: EndedInstance): string {
  const text = readTail(messagePath(folder), TERMINATION_MESSAGE_BYTES);
  if (text !== "" || exitCode === 0 || container.terminationMessagePolicy !== "FallbackToLogsOnError") {
    return text;
  }
  return readTail(log, LOG_TAIL_BYTES)
    .replaceAll(/^\S+ std(?:out|err) [FP] /gm, "")
    .slice(-FALLBACK_LENGTH);
}

function lastLine(path: string): string {
  return (
    readTail(path, LOG_TAIL_BYTES)
      .split("\n")
      .findLast((line) => line !== "") ?? ""
  );
}

/** The last bytes of a file, however large a container has made it. */
function readTail(path: string, bytes: number): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, bytes));
    const read = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8", 0, read);
  } finally {
    closeSync(file);
  }
}
