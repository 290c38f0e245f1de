import { once } from "node:events";
import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { podProcesses } from "../support/pod-processes.ts";
import { makeDataDir, runSandgate, startSandgateUp, type SandgateUp } from "../support/sandgate-up.ts";

async function answer(up: SandgateUp, path: string): Promise<number> {
  return (await fetch(`${up.url}${path}`)).status;
}

describe("a restart", () => {
  it("after kill -9 brings back the same objects and sandboxes and leaves no orphan", async () => {
    const dataDir = makeDataDir();
    try {
      const first = await startSandgateUp({ dataDir, args: ["--demo"] });
      expect(first.sandgate("create", "bob/box").status).toBe(0);
      expect(first.kubectl("create", "configmap", "kept", "--from-literal=a=b").status).toBe(0);
      const uids = first.kubectl("get", "sandboxes", "-A", "-o", "jsonpath={.items[*].metadata.uid}").stdout;
      const before = podProcesses(dataDir);
      expect(before.length).toBeGreaterThan(0);
      await first.kill();

      await using second = await startSandgateUp({ dataDir, args: ["--demo"] });
      expect(second.kubectl("get", "sandboxes", "-A", "-o", "jsonpath={.items[*].metadata.uid}").stdout).toBe(
        uids,
      );
      expect(second.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}").stdout).toBe("b");
      await expect.poll(() => answer(second, "/bob/box/"), { timeout: 20_000, interval: 50 }).toBe(200);
      await expect
        .poll(() => answer(second, "/alice/my-sandbox/"), { timeout: 20_000, interval: 50 })
        .toBe(200);
      const after = new Set(podProcesses(dataDir));
      expect(before.filter((pid) => after.has(pid))).toEqual([]);
      expect(await second.stop()).toBe(0);
      expect(podProcesses(dataDir)).toEqual([]);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("is refused while another process holds the data folder, with a message that says so", async () => {
    await using up = await startSandgateUp();
    const second = runSandgate(["up", "--port", "0", "--data-dir", up.dataDir]);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(up.dataDir);
    expect(second.stderr).toMatch(/another|in use|already/i);
  });
});

describe("the wish to end", () => {
  it("is orderly also where it arrives as two signals at once", async () => {
    await using up = await startSandgateUp({ args: ["--demo"] });
    expect(podProcesses(up.dataDir).length).toBeGreaterThan(0);
    up.process.kill("SIGTERM");
    expect(await up.stop()).toBe(0);
    expect(podProcesses(up.dataDir)).toEqual([]);
  });

  it("ends at once where it is said again after half a second, though a request is being answered", async () => {
    await using up = await startSandgateUp({ args: ["--demo"] });
    const body = JSON.stringify({ command: "touch begun; sleep 60" });
    const headers = { "content-type": "application/json" };
    const answered = fetch(`${up.url}/alice/my-sandbox/execute`, { method: "POST", headers, body }).then(
      ({ status }) => status,
      () => "cut off",
    );
    await expect.poll(() => answer(up, "/alice/my-sandbox/download/begun"), { timeout: 20_000 }).toBe(200);
    const exit = once(up.process, "exit");
    up.process.kill("SIGINT");
    // What comes sooner is taken for the same wish.
    await delay(600);
    expect(up.process.exitCode).toBe(null);
    const again = performance.now();
    up.process.kill("SIGINT");
    expect(await exit).toEqual([130, null]);
    expect(performance.now() - again).toBeLessThan(2_000);
    expect(await answered).toBe("cut off");
    await expect.poll(() => podProcesses(up.dataDir), { timeout: 5_000 }).toEqual([]);
  });
});
