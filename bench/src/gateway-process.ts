import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** As the command's first line has it. */
const FLAGS = ["--max-semi-space-size=2"];

/** `sandgate gateway` as a process of its own, in front of a cluster. */
export interface GatewayProcess {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds from the start of the process until it knew every sandbox. */
  readonly syncedAfterMs: number;
  /** Seconds of a core that it has used so far. */
  cpuSeconds(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param main - Path of the command.
 * @throws Error with its output where it ends, or is not synced after two minutes.
 */
export async function startGatewayProcess(main: string, kubeconfig: string): Promise<GatewayProcess> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [...FLAGS, main, "gateway", "--kubeconfig", kubeconfig, "--port", "0", "--dial", "pod-ip"],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  const listening = new Promise<string>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      const url = /listens on (http:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("exit", (code) => reject(new Error(`sandgate gateway ended with ${code}:\n${output}`)));
  });
  const url = await listening;
  while ((await fetch(`${url}/readyz`)).status !== 200) {
    if (performance.now() - began > 120_000) throw new Error(`not synced after two minutes:\n${output}`);
    await delay(10);
  }
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    syncedAfterMs: performance.now() - began,
    cpuSeconds() {
      // Clock ticks are 100 a second on every Linux that Node.js runs on.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async [Symbol.asyncDispose]() {
      const exit = once(child, "exit");
      child.kill("SIGINT");
      await exit;
    },
  };
}
