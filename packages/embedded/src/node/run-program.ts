import { spawn } from "node:child_process";

/** A program of the host that failed; the message holds what it wrote to standard error. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
}

/** What host programs get of our environment: nothing that could be a secret. */
export const PROGRAM_ENV = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};

/**
 * Runs a program of the host to its end.
 *
 * @returns What it wrote to standard output.
 * @throws ProgramError where it cannot be started or ends with a failure.
 */
export function runProgram(command: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: PROGRAM_ENV });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.once("error", (error) =>
      reject(new ProgramError(`${command} cannot be started: ${error.message}`)),
    );
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else
        reject(
          new ProgramError(`${command} ${args.join(" ")} failed: ${errors.trim() || `exit code ${code}`}`),
        );
    });
    // A program that ends before it has read its input says so by its exit code.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
