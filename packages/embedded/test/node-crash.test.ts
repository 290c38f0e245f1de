import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { NODES } from "@sandgate/kube";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startNodeProcess } from "./support/start-node-process.ts";
import { isReady, openTestNode, type TestNode } from "./support/test-node.ts";

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "sandgate-crash-"));
});

afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

function running(marker: string): string[] {
  const list = execFileSync("ps", ["-e", "-o", "stat=,args="], { encoding: "utf8" });
  return list.split("\n").filter((line) => line.endsWith(`sleep ${marker}`) && !line.startsWith("Z"));
}

describe("a node whose process is killed", () => {
  test("takes its pods along, and starts them again as a kubelet does after a reboot", async () => {
    const marker = "88881";
    const child = await startNodeProcess(dataDir, marker);
    expect(running(marker).length).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await once(child, "exit");
    await expect.poll(() => running(marker), { timeout: 5_000 }).toEqual([]);
    const node = await openTestNode({ dataDir });
    try {
      const pod = await node.until("survivor", (one) => {
        const status = one.status?.containerStatuses?.[0];
        return isReady(one) && status?.restartCount === 1;
      });
      expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.reason).toBe(
        "ContainerStatusUnknown",
      );
    } finally {
      await node.close();
    }
    expect(running(marker)).toEqual([]);
  });

  test("leaves a socket that the next start of its folder takes over, and no other", async () => {
    const first = await openTestNode({ dataDir });
    const socket = await kubeletSocket(first);
    await first.close();
    expect(existsSync(socket)).toBe(false);
    const child = await startNodeProcess(dataDir, "88884");
    child.kill("SIGKILL");
    await once(child, "exit");
    const other = await openTestNode();
    expect(existsSync(socket)).toBe(true);
    const next = await openTestNode({ dataDir });
    try {
      expect(await kubeletSocket(next)).toBe(socket);
      for (const node of [next, other]) {
        await node.script("works", "exec sleep 1000");
        await node.until("works", isReady);
        expect((await node.exec("works", ["echo", "here"])).stdout).toBe("here\n");
      }
    } finally {
      await Promise.all([next.close(), other.close()]);
    }
    expect(existsSync(dirname(socket))).toBe(false);
  });

  test("has what outlived it ended by the next start, known by its control group", async () => {
    const first = await openTestNode({ dataDir });
    await first.script("one", "sleep 88882 & echo up; wait");
    const pod = await first.until("one", isReady);
    await first.untilLog("one", "up");
    const procs = groupOf(pidOf(88882));
    await first.close();
    // As after a crash in which a process got away: one of ours in a group of ours.
    if (!existsSync(procs)) mkdirSync(join(procs, ".."), { recursive: true });
    const orphan = spawn("sleep", ["88883"], { stdio: "ignore" });
    writeFileSync(procs, String(orphan.pid));
    const ended = once(orphan, "exit");
    const second = await openTestNode({ dataDir });
    try {
      const [, signal] = (await ended) as [number | null, string];
      expect(signal).toBe("SIGKILL");
      expect(existsSync(procs)).toBe(false);
      expect(pod.status?.phase).toBe("Running");
    } finally {
      await second.close();
    }
  });
});

async function kubeletSocket(node: TestNode): Promise<string> {
  const { metadata } = await node.client.get(NODES, { name: "sandgate" });
  return metadata.annotations?.["node.sandgate.dev/kubelet-socket"] ?? "";
}

/** Pid of the one process that sleeps for so long. */
function pidOf(seconds: number): number {
  const list = execFileSync("ps", ["-e", "-o", "pid=,comm=,args="], { encoding: "utf8" });
  const line = list.split("\n").find((one) => one.endsWith(`sleep ${seconds}`) && /^\s*\d+ sleep /.test(one));
  return Number(line?.trim().split(" ")[0]);
}

/** The file by which a process joins the group of another. */
function groupOf(pid: number): string {
  const lines = execFileSync("cat", [`/proc/${pid}/cgroup`], { encoding: "utf8" }).split("\n");
  const pids = lines.find((line) => line.includes(":pids:"))?.split(":")[2];
  const unified = lines.find((line) => line.startsWith("0::"))?.slice(3);
  return pids === undefined
    ? `/sys/fs/cgroup${unified}/cgroup.procs`
    : `/sys/fs/cgroup/pids${pids}/cgroup.procs`;
}
