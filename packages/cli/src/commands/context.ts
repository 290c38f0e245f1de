import type { Readable, Writable } from "node:stream";

/** What a command sees of the process it runs in. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable & { isTTY?: boolean; setRawMode?: (on: boolean) => void };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  readonly stderr: Writable & { isTTY?: boolean };
  /** Aborted by the first Ctrl-C or TERM. */
  readonly signal: AbortSignal;
}

export function print(context: CommandContext, line: string): void {
  context.stdout.write(`${line}\n`);
}

/** Progress and advice: on standard error, so that what a command answers can be piped. */
export function say(context: CommandContext, line: string): void {
  context.stderr.write(`${line}\n`);
}
