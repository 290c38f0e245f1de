import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { makeDataDir } from "../support/sandgate-up.ts";

const START = join(import.meta.dirname, "..", "..", "scripts", "start.mjs");
/** Generous: it says whether a compiler or the sources have come back, not what the figure is. */
const LIMIT_MIB = 150;

describe("npm start", () => {
  it("answers, also when started twice at once, and stays small", async () => {
    const starts = await Promise.all([start(), start()]);
    try {
      for (const { url, pid } of starts) {
        const response = await fetch(`${url}/alice/my-sandbox/`);
        expect(response.status).toBe(200);
        expect(residentMib(pid)).toBeLessThan(LIMIT_MIB);
      }
    } finally {
      await Promise.all(starts.map(({ stop }) => stop()));
    }
  });
});

async function start() {
  const dataDir = makeDataDir();
  const child = spawn(
    process.execPath,
    ["--max-semi-space-size=2", START, "--port", "0", "--data-dir", dataDir],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const exit = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGINT");
    await exit;
    rmSync(dataDir, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Sandgate .* is ready: (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return { url, pid: child.pid ?? 0, stop };
  }
  await stop();
  throw new Error("it has ended before it was ready");
}

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
