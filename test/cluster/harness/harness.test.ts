/** What the other tests take for granted of the clusters they start. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { NAMESPACES } from "@sandgate/kube";
import { describe, expect, it, vi } from "vitest";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { makeStateFolder, removeStateFolder } from "../cluster/state-folder.ts";
import { descendants, isAlive } from "./descendants.ts";
import { containersOf, controlGroups, mountsIn, tables } from "./left-behind.ts";
import { startRunToKill } from "./killed-run.ts";

/** Generous: the kernel takes a network link some time after the last process of its namespace. */
const PATIENCE = { timeout: 20_000, interval: 50 };

describe("two clusters at once", () => {
  it("answer each for itself, and one goes on when the other is closed", async () => {
    await using one = await startCluster({ parts: "api" });
    const other = await startCluster({ parts: "api" });
    await using _ending = other;
    const names = async (cluster: Cluster): Promise<string[]> => {
      const { items } = await cluster.client.list(NAMESPACES);
      return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith("only-"));
    };
    await one.client.create(NAMESPACES, { metadata: { name: "only-one" } });
    await other.client.create(NAMESPACES, { metadata: { name: "only-other" } });
    expect(one.server).not.toBe(other.server);
    expect(await Promise.all([one, other].map(names))).toEqual([["only-one"], ["only-other"]]);

    await other.close();
    expect(await names(one)).toEqual(["only-one"]);
    expect({ one: existsSync(one.facts.folder), other: existsSync(other.facts.folder) }).toEqual({
      one: true,
      other: false,
    });
  });
});

describe("a test run that is killed", () => {
  it("leaves no process and no link, and the next run removes its folder", async () => {
    await using run = await startRunToKill("cluster-program.ts");
    const { folder, hostAddress } = JSON.parse(run.line) as { folder: string; hostAddress: string };
    const link = hardwareAddress(hostAddress);
    const processes = descendants(run.pid);
    expect(processes.map(({ name }) => name)).toEqual(expect.arrayContaining(["etcd", "kube-apiserver"]));
    expect({ link: hasLink(link), folder: existsSync(folder) }).toEqual({ link: true, folder: true });

    await run.kill();
    // Nothing tells us: the processes are not our children any more, and Node.js has no pidfd.
    await vi.waitFor(() => {
      expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
      expect(hasLink(link)).toBe(false);
    }, PATIENCE);
    removeStateFolder(makeStateFolder());
    expect(existsSync(folder)).toBe(false);
  });

  it("with a node and pods leaves no mount and no table either, and the next run removes their control groups", async () => {
    await using run = await startRunToKill("cluster-program.ts", "node");
    const { folder, hostAddress } = JSON.parse(run.line) as { folder: string; hostAddress: string };
    const link = hardwareAddress(hostAddress);
    const range = hostAddress.replace(/^10\.210\.(\d+)\.1$/, "10.211.$1.0/24");
    const processes = descendants(run.pid);
    const named = (name: string): number => processes.find((one) => one.name === name)?.pid ?? 0;
    expect(processes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["containerd", "containerd-shim", "kubelet", "kube-proxy"]),
    );
    const containers = containersOf(folder);
    expect({ links: hasLink(link), routes: routes().includes(range) }).toEqual({ links: true, routes: true });
    expect(tables(named("kube-proxy"))).toContain("table ip kube-proxy");
    expect(mountsIn(folder, named("kubelet")).join("\n")).toMatch(/kubernetes\.io~empty-dir\/scratch/);
    expect(controlGroups(containers).length).toBeGreaterThan(0);

    await run.kill();
    await vi.waitFor(() => {
      expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
      expect({ links: hasLink(link), routes: routes().includes(range) }).toEqual({
        links: false,
        routes: false,
      });
    }, PATIENCE);
    expect(mountsIn(folder)).toEqual([]);
    expect(tables().join("\n")).not.toContain("kube-proxy");
    removeStateFolder(makeStateFolder());
    expect({ folder: existsSync(folder), groups: controlGroups(containers) }).toEqual({
      folder: false,
      groups: [],
    });
  });

  it("leaves no link and no route of the addresses of pods", async () => {
    const octet = process.pid % 250;
    const [lost, address] = [`10.234.${octet}.0/24`, `10.235.${octet}.2`];
    await using run = await startRunToKill("pod-addresses-program.ts", lost, address);
    const link = hardwareAddress(address);
    expect(routes()).toContain(lost);

    await run.kill();
    // The kernel tells of links only over netlink, which Node.js does not speak.
    await vi.waitFor(() => {
      expect(hasLink(link)).toBe(false);
      expect(routes()).not.toContain(lost);
    }, PATIENCE);
  });
});

/** Of the link with an address. Its name is the next cluster's as soon as it is free; this stays its own. */
function hardwareAddress(ip: string): string {
  const found = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.address === ip);
  if (found === undefined) throw new Error(`no link has the address ${ip}`);
  return found.mac;
}

function hasLink(mac: string): boolean {
  return Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.mac === mac);
}

/** Networks that this machine has a route to. */
function routes(): string[] {
  const { stdout } = spawnSync("ip", ["-j", "route"], { encoding: "utf8" });
  return (JSON.parse(stdout) as { dst: string }[]).map(({ dst }) => dst);
}
