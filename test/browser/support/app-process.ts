import { spawn } from "node:child_process";
import { once } from "node:events";

/** An application as a sandbox would run it, here a plain process on loopback. */
export interface App {
  readonly port: number;
  /** Everything it has printed so far. */
  output(): string;
  /** Ends it and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Starts an application and waits until it says where it listens.
 *
 * @param ready - Matches the line that says so; its first group is the port.
 * @throws Error with its output when it ends before.
 */
export async function startApp(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
  ready: RegExp,
): Promise<App> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  let output = "";
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const match = ready.exec(output);
      if (match !== null) resolve(Number(match[1]));
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("close", () => reject(new Error(`${command} ended before it listened:\n${output}`)));
  });
  return {
    port,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
