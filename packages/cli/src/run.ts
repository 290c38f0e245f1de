import { CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import type { CommandContext } from "./commands/context.ts";
import { createProgram } from "./program.ts";

/** Exit code of a command that Ctrl-C ended, as shells report it. */
const INTERRUPTED = 130;

/** A signal to the whole group arrives twice where a wrapper passes it on; nobody asks twice in so short a time. */
const SAME_WISH_MS = 500;

/**
 * Runs one command line. The only place where a failure becomes a message and an exit code: 1 for what went wrong,
 * 2 for what was asked wrongly.
 */
export async function run(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  let firstAtMs: number | undefined;
  const onSignal = (): void => {
    // The first asks for an orderly end, a later one for an end.
    if (firstAtMs !== undefined && performance.now() - firstAtMs >= SAME_WISH_MS) process.exit(INTERRUPTED);
    firstAtMs ??= performance.now();
    interrupt.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("SIGHUP", onSignal);
  // `sandgate list | head` closes our output: that ends the command, and is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

  let exitCode = 0;
  const context: CommandContext = {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interrupt.signal,
  };
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  program.exitOverride();
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (interrupt.signal.aborted) return INTERRUPTED;
    return await report(error);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal).off("SIGHUP", onSignal);
  }
}

async function report(error: unknown): Promise<number> {
  if (error instanceof CliError) {
    process.stderr.write(`sandgate: ${error.message}\n`);
    return error.exitCode;
  }
  // Only a failure needs it, and it brings the whole client.
  const { isKubeError } = await import("@sandgate/kube");
  if (isKubeError(error)) {
    process.stderr.write(`sandgate: the cluster refused: ${error.message}\n`);
    return 1;
  }
  // These say what is wrong and what to do. Anything else is a defect, and its stack helps to find it.
  const known = error instanceof Error && TOLD.has(error.name);
  process.stderr.write(
    `sandgate: ${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  return 1;
}

const TOLD: ReadonlySet<string> = new Set([
  "ConfigError",
  "DataFolderError",
  "KubeconfigError",
  "KubeUnreachableError",
  "SandgateError",
  "StartError",
]);
