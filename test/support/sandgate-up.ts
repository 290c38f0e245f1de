/** A `sandgate up` of its own for a test or a benchmark: own data folder, free ports, ended whatever happens. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** As the command's first line has it. */
const FLAGS = ["--max-semi-space-size=2"];
const MAIN = join(root, "packages", "cli", "bin", "sandgate.js");
/** What `npm start` runs: `sandgate up --demo` of a bundle. */
const NPM_START = join(root, "scripts", "start.mjs");

export interface CommandResult {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface SandgateUp {
  readonly url: string;
  readonly dataDir: string;
  readonly kubeconfig: string;
  readonly process: ChildProcess;
  /** Milliseconds from the start of the process to the line that says it is ready. */
  readonly readyAfterMs: number;
  /** Everything it has printed so far. */
  output(): string;
  /** Ends it as Ctrl-C does and waits for its end; its exit code. */
  stop(): Promise<number | null>;
  /** Ends it without a chance to clean up. */
  kill(): Promise<void>;
  kubectl(...args: string[]): CommandResult;
  sandgate(...args: string[]): CommandResult;
  [Symbol.asyncDispose](): Promise<void>;
}

export function makeDataDir(): string {
  return mkdtempSync(join(tmpdir(), "sandgate-data-"));
}

/** Runs the command to its end. */
export function runSandgate(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input?: string,
): CommandResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...FLAGS, MAIN, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 60_000,
    ...(input === undefined ? {} : { input }),
  });
  return { status, stdout, stderr };
}

/**
 * Starts `sandgate up` and waits until it is ready.
 *
 * @param options.dataDir - Kept after the end if given, so that it can be started again; else made and removed.
 * @param options.kubectl - Path of the one that `kubectl` runs; by default the tests' own.
 * @param options.npmStart - As `npm start` does it, with the demo sandbox, instead of from the sources.
 * @param options.within - Words of the command that becomes it: `nice`, say.
 * @throws Error with its output where it ends before it is ready.
 */
export async function startSandgateUp(
  options: {
    dataDir?: string;
    args?: readonly string[];
    npmStart?: boolean;
    kubectl?: string;
    env?: NodeJS.ProcessEnv;
    within?: readonly string[];
  } = {},
): Promise<SandgateUp> {
  const dataDir = options.dataDir ?? makeDataDir();
  const started = performance.now();
  const [program, ...words] = [...(options.within ?? []), process.execPath];
  const child = spawn(
    program,
    [
      ...words,
      ...FLAGS,
      ...(options.npmStart === true ? [NPM_START] : [MAIN, "up"]),
      "--port",
      "0",
      "--data-dir",
      dataDir,
      ...(options.args ?? []),
    ],
    {
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  let exited = false;
  child.once("exit", () => {
    exited = true;
  });
  const ready = new Promise<number>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      if (/^Sandgate .* is ready/m.test(output)) resolve(performance.now() - started);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("exit", (code) =>
      reject(new Error(`sandgate up ended with ${code} before it was ready:\n${output}`)),
    );
  });
  const readyAfterMs = await ready;
  const running = JSON.parse(readFileSync(join(dataDir, "running.json"), "utf8")) as {
    gatewayUrl: string;
    kubeconfigPath: string;
  };
  const kubectl = options.kubectl ?? process.env["SANDGATE_TEST_KUBECTL"] ?? "kubectl";

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (!exited) {
      const exit = once(child, "exit");
      child.kill(signal);
      await exit;
    }
    return child.exitCode;
  };
  return {
    url: running.gatewayUrl,
    dataDir,
    kubeconfig: running.kubeconfigPath,
    process: child,
    readyAfterMs,
    output: () => output,
    stop: () => end("SIGINT"),
    kill: async () => void (await end("SIGKILL")),
    kubectl(...args) {
      const { status, stdout, stderr } = spawnSync(
        kubectl,
        ["--kubeconfig", running.kubeconfigPath, "--cache-dir", join(dataDir, "kubectl-cache"), ...args],
        { encoding: "utf8", timeout: 60_000 },
      );
      return { status, stdout, stderr };
    },
    sandgate: (...args) => runSandgate(args, { SANDGATE_DATA_DIR: dataDir }),
    async [Symbol.asyncDispose]() {
      await end("SIGINT");
      if (options.dataDir === undefined && existsSync(dataDir))
        rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
