import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCgroups, type Limits } from "./cgroups.ts";

const LIMITS: Limits = { memoryBytes: 64 << 20, cpuMillis: 250, pids: 1024 };
const NONE: Limits = { memoryBytes: null, cpuMillis: null, pids: 1024 };

let root: string;
const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");
/** A folder in the place of a control file refuses every write. */
const refuseWrites = (...path: string[]): unknown => mkdirSync(join(root, ...path), { recursive: true });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sandgate-cgroups-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("control groups of version 2", () => {
  const offer = (controllers: string): void =>
    writeFileSync(join(root, "cgroup.controllers"), `${controllers}\n`);

  it("turn their controllers on at the root and below it, and take a container's limits", () => {
    offer("cpuset cpu io memory hugetlb pids rdma");
    const cgroups = openCgroups("abc", root);
    expect(cgroups.unavailable).toBeNull();
    expect(read("cgroup.subtree_control")).toBe("+memory +cpu +pids");
    expect(read("sandgate-abc", "cgroup.subtree_control")).toBe("+memory +cpu +pids");
    const group = cgroups.create("one", LIMITS);
    expect(group.joinFiles).toEqual([join(root, "sandgate-abc", "one", "cgroup.procs")]);
    expect(read("sandgate-abc", "one", "memory.max")).toBe("67108864");
    expect(read("sandgate-abc", "one", "cpu.max")).toBe("25000 100000");
    expect(read("sandgate-abc", "one", "pids.max")).toBe("1024");
    expect(cgroups.list()).toEqual(["one"]);
  });

  it("leave memory and processors to a container without limits", () => {
    offer("cpu memory pids");
    openCgroups("abc", root).create("one", NONE);
    expect(existsSync(join(root, "sandgate-abc", "one", "memory.max"))).toBe(false);
    expect(existsSync(join(root, "sandgate-abc", "one", "cpu.max"))).toBe(false);
  });

  it("tell a kill for want of memory from mere pressure", () => {
    offer("cpu memory pids");
    const group = openCgroups("abc", root).create("one", LIMITS);
    const events = join(root, "sandgate-abc", "one", "memory.events");
    writeFileSync(events, "low 0\nhigh 0\nmax 12\noom 3\noom_kill 0\noom_group_kill 0\n");
    expect(group.wasOutOfMemory()).toBe(false);
    writeFileSync(events, "low 0\nhigh 0\nmax 12\noom 3\noom_kill 1\noom_group_kill 0\n");
    expect(group.wasOutOfMemory()).toBe(true);
  });

  it("enforce what the kernel offers and name what it does not", () => {
    offer("cpuset cpu io pids");
    const cgroups = openCgroups("abc", root);
    expect(cgroups.unavailable).toBe(
      "cgroup version 2 offers no controller for memory here; those of cpu and pids are",
    );
    expect(read("cgroup.subtree_control")).toBe("+cpu +pids");
    cgroups.create("one", LIMITS);
    expect(read("sandgate-abc", "one", "cpu.max")).toBe("25000 100000");
    expect(existsSync(join(root, "sandgate-abc", "one", "memory.max"))).toBe(false);
  });

  it("are not used where processes could not be bounded", () => {
    offer("cpu memory");
    const cgroups = openCgroups("abc", root);
    expect(cgroups.unavailable).toBe("cgroup version 2 offers no controller for pids here");
    expect(cgroups.create("one", LIMITS).joinFiles).toEqual([]);
  });

  it("are not used where controllers cannot be turned on, and leave no group behind", () => {
    offer("cpu memory pids");
    refuseWrites("cgroup.subtree_control");
    const cgroups = openCgroups("abc", root);
    expect(cgroups.unavailable).toMatch(
      /^cgroup controllers cannot be turned on in .*subtree_control: EISDIR/,
    );
    expect(existsSync(join(root, "sandgate-abc"))).toBe(false);
  });
});

describe("control groups of version 1", () => {
  const mount = (...controllers: string[]): void => {
    for (const controller of controllers) {
      mkdirSync(join(root, controller));
      writeFileSync(join(root, controller, "cgroup.procs"), "");
    }
  };

  it("take a container's limits in the tree of each controller", () => {
    mount("memory", "cpu", "pids");
    const cgroups = openCgroups("abc", root);
    expect(cgroups.unavailable).toBeNull();
    expect(cgroups.create("one", LIMITS).joinFiles).toHaveLength(3);
    expect(read("memory", "sandgate-abc", "one", "memory.limit_in_bytes")).toBe("67108864");
    expect(read("cpu", "sandgate-abc", "one", "cpu.cfs_quota_us")).toBe("25000");
    expect(read("pids", "sandgate-abc", "one", "pids.max")).toBe("1024");
  });

  it("are not used where a controller is not mounted", () => {
    mount("cpu", "pids");
    expect(openCgroups("abc", root).unavailable).toBe("the cgroup controllers memory are not mounted");
  });
});

describe("where control groups cannot be written", () => {
  it.each([
    ["version 2", () => writeFileSync(join(root, "cgroup.controllers"), "cpu memory pids\n"), "sandgate-abc"],
    [
      "version 1",
      () => {
        for (const controller of ["memory", "cpu", "pids"]) {
          mkdirSync(join(root, controller));
          writeFileSync(join(root, controller, "cgroup.procs"), "");
        }
      },
      "memory/sandgate-abc",
    ],
  ])("a container of %s starts all the same, without one", (_version, prepare, obstacle) => {
    prepare();
    writeFileSync(join(root, obstacle), "in the way of the group's folder");
    const cgroups = openCgroups("abc", root);
    expect(cgroups.unavailable).toMatch(/^control groups cannot be made: /);
    const group = cgroups.create("one", LIMITS);
    expect(group.joinFiles).toEqual([]);
    expect(group.pids()).toEqual([]);
    expect(group.wasOutOfMemory()).toBe(false);
    group.remove();
    expect(cgroups.list()).toEqual([]);
    cgroups.close();
  });
});
