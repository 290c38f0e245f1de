import { execFileSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { idOf, isRunning, readOwners, removeOwner, writeOwner } from "../src/node/owner-record.ts";
import { startNodeProcess } from "./support/start-node-process.ts";
import { openTestNode } from "./support/test-node.ts";

const processes: ChildProcess[] = [];

afterEach(async () => {
  for (const one of processes.splice(0)) await kill(one);
});

interface Started {
  dataDir: string;
  process: ChildProcess;
}

async function start(marker: string): Promise<Started> {
  const dataDir = mkdtempSync(join(tmpdir(), "sandgate-leftovers-"));
  const child = await startNodeProcess(dataDir, marker);
  processes.push(child);
  return { dataDir, process: child };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

/** What the machine has of a data folder: in its file systems, its network and its firewall. */
function traces(dataDir: string): string[] {
  const id = createHash("sha256").update(join(dataDir, "node")).digest("hex").slice(0, 8);
  const tables = execFileSync("nft", ["list", "tables"], { encoding: "utf8" });
  return [
    ...["/run/sandgate", "/run/netns", "/sys/class/net", "/sys/fs/cgroup", "/sys/fs/cgroup/pids"].flatMap(
      (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
    ),
    ...tables.split("\n"),
  ].filter((name) => name.includes(id));
}

async function startAnother(): Promise<void> {
  const other = await openTestNode();
  await other.close();
}

test("what a killed node left on the machine goes with the next start of any, once its folder is gone", async () => {
  const killed = await start("88891");
  expect(traces(killed.dataDir).length).toBeGreaterThan(4);
  await kill(killed.process);
  await startAnother();
  // Its folder is there: its own next start clears up, and may take over what it finds.
  expect(traces(killed.dataDir)).not.toEqual([]);
  rmSync(killed.dataDir, { recursive: true });
  await startAnother();
  expect(traces(killed.dataDir)).toEqual([]);
});

test("what belongs to a node that lives stays, also where its folder is gone", async () => {
  const alive = await start("88892");
  const before = traces(alive.dataDir);
  rmSync(alive.dataDir, { recursive: true });
  await startAnother();
  expect(traces(alive.dataDir)).toEqual(before);
  await kill(alive.process);
  await startAnother();
  expect(traces(alive.dataDir)).toEqual([]);
});

test("a node that ends leaves nothing on the machine", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandgate-leftovers-"));
  const node = await openTestNode({ dataDir });
  expect(traces(dataDir)).not.toEqual([]);
  await node.close();
  expect(traces(dataDir)).toEqual([]);
  rmSync(dataDir, { recursive: true });
});

test("a record counts only under the name that follows from its folder, and what is none is passed over", () => {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-owners-"));
  try {
    writeOwner(folder, "/srv/data/node");
    const [owner] = readOwners(folder);
    expect(owner).toMatchObject({ dataDir: "/srv/data/node", pid: process.pid });
    expect(owner !== undefined && isRunning(owner)).toBe(true);
    expect(owner !== undefined && isRunning({ ...owner, began: "1" })).toBe(false);
    writeFileSync(join(folder, "0badcafe.json"), JSON.stringify(owner));
    writeFileSync(join(folder, "ffffffff.json"), "{");
    writeFileSync(join(folder, "eeeeeeee.json"), '{"dataDir":1}');
    expect(readOwners(folder)).toEqual([owner]);
    removeOwner(folder, idOf("/srv/data/node"));
    expect(readOwners(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
