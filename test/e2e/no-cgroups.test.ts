import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandgateUp, type SandgateUp } from "../support/sandgate-up.ts";

/** With every tree of control groups read-only, as in a service or a container that may not change them. */
const READ_ONLY = `
for tree in $(awk '$3 ~ /^cgroup2?$/ {print $2}' /proc/mounts); do mount -o remount,bind,ro "$tree"; done
exec "$@"`;

const WHY = /control groups cannot be made: EROFS: read-only file system/;

let up: SandgateUp;

beforeAll(async () => {
  up = await startSandgateUp({
    args: ["--demo"],
    within: ["unshare", "--mount", "--", "bash", "-ec", READ_ONLY, "bash"],
  });
});
afterAll(() => up[Symbol.asyncDispose]());

describe("sandgate up where control groups cannot be written", () => {
  it("says so when it starts, and in a condition of the node", () => {
    expect(up.output()).toMatch(/limits of pods are not enforced/);
    expect(up.output()).toMatch(WHY);
    const path = "jsonpath={.items[0].status.conditions[?(@.type=='ResourceLimits')]}";
    const condition = JSON.parse(up.kubectl("get", "nodes", "-o", path).stdout) as Record<string, string>;
    expect(condition).toMatchObject({ status: "False", reason: "NoCgroups" });
    expect(condition["message"]).toMatch(WHY);
  });

  it("runs sandboxes all the same, each with an event that says so", async () => {
    const response = await fetch(`${up.url}/alice/my-sandbox/execute`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ command: "python3 -c 'print(6*7)'" }),
    });
    expect(await response.json()).toMatchObject({ stdout: "42\n", exit_code: 0 });
    const events = up.kubectl("get", "events", "--field-selector", "reason=LimitsNotEnforced", "-o", "name");
    expect(events.stdout.trim().split("\n")).toHaveLength(1);
  });

  it("still bounds a sandbox's processes", async () => {
    const source = `
import os, time
n = 0
try:
    while n < 3000:
        if os.fork() == 0: time.sleep(100)
        n += 1
except BlockingIOError: print("stopped at", n, flush=True)
os.killpg(0, 9)`;
    const pod = up.kubectl("get", "pods", "-o", "name").stdout.trim();
    const { stdout } = up.kubectl("exec", pod, "--", "python3", "-c", source);
    const count = Number(/stopped at (\d+)/.exec(stdout)?.[1]);
    expect(count).toBeGreaterThan(100);
    expect(count).toBeLessThan(1100);
  });
});
