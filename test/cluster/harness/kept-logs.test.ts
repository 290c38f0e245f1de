import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepLogs } from "../cluster/kept-logs.ts";

describe("logs of failed tests", () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sandgate-kept-logs-"));
    mkdirSync(join(root, "one", "logs"), { recursive: true });
    writeFileSync(join(root, "one", "logs", "etcd.log"), "whole output");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("are kept whole, in a folder that tells the time and the test", () => {
    const folder = keepLogs([{ folder: join(root, "one"), logs: () => "" }], "a pod: starts/ends", root);
    expect(basename(folder)).toMatch(/^\d{4}-\d\d-\d\dT[\d-]+Z-a-pod-starts-ends$/);
    expect(readFileSync(join(folder, "one", "etcd.log"), "utf8")).toBe("whole output");
  });

  it("are those of the newest ten, however often tests fail", () => {
    const all = join(root, "cluster-logs");
    const old = Array.from({ length: 12 }, (_, day) => `2001-01-${String(day + 10)}T00-00-00-000Z-old`);
    for (const name of old) mkdirSync(join(all, name), { recursive: true });
    const newest = keepLogs([], "new", root);
    expect(readdirSync(all).toSorted()).toEqual([...old.slice(-9), basename(newest)]);
  });
});
