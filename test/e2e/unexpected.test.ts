import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { podProcesses } from "../support/pod-processes.ts";
import { makeDataDir, startSandgateUp } from "../support/sandgate-up.ts";

const FIXTURE = fileURLToPath(new URL("../support/unexpected-error.ts", import.meta.url));
const MAIN = fileURLToPath(new URL("../../packages/cli/bin/sandgate.js", import.meta.url));

function planted(kind: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=${FIXTURE}`, SANDGATE_TEST_UNEXPECTED: kind };
}

describe.each([
  ["process", "a planted error in the process"],
  ["rejection", "a planted rejection"],
  ["thread", "a planted error in a thread"],
])("an error that nobody expects (%s)", (kind, message) => {
  it("is told with its stack, and ends sandgate up in order", async () => {
    const dataDir = makeDataDir();
    try {
      await using up = await startSandgateUp({ dataDir, args: ["--demo"], env: planted(kind) });
      expect(podProcesses(dataDir).length).toBeGreaterThan(0);
      const exit = once(up.process, "close");
      up.process.kill("SIGUSR2");
      expect((await exit)[0]).toBe(1);
      const output = up.output();
      expect(output).toMatch(/error {2}an unexpected error ends sandgate/);
      expect(output).toContain(message);
      expect(output).toContain("unexpected-error.ts:");
      expect(output).not.toContain("s3cr3t");
      expect(podProcesses(dataDir)).toEqual([]);
      expect(existsSync(join(dataDir, "running.json"))).toBe(false);

      await using second = await startSandgateUp({ dataDir });
      await expect
        .poll(async () => (await fetch(`${second.url}/alice/my-sandbox/`)).status, { timeout: 20_000 })
        .toBe(200);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

it("an error that nobody expects ends sandgate gateway too, with its stack", async () => {
  await using up = await startSandgateUp();
  const child = spawn(
    process.execPath,
    [MAIN, "gateway", "--port", "0", "--dial", "pod-ip", "--kubeconfig", up.kubeconfig],
    { env: { ...process.env, ...planted("process") }, stdio: ["ignore", "ignore", "pipe"] },
  );
  let output = "";
  const exit = once(child, "close");
  await new Promise<void>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Sandboxes are reached")) resolve();
    });
    child.once("exit", () => resolve());
  });
  child.kill("SIGUSR2");
  expect((await exit)[0]).toBe(1);
  const line = output.split("\n").find((one) => one.includes('"level":"error"')) ?? "{}";
  expect(JSON.parse(line)).toMatchObject({
    message: "an unexpected error ends sandgate",
    error: expect.stringContaining("a planted error in the process\n    at "),
  });
  expect(output).not.toContain("s3cr3t");
});
