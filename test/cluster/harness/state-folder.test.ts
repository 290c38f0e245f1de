import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { makeStateFolder, removeStateFolder } from "../cluster/state-folder.ts";

const HOUR_MS = 3_600_000;

describe("a cluster folder that tells no owner", () => {
  const folders: string[] = [];
  const withoutOwner = (ageMs: number): string => {
    const folder = mkdtempSync(join(tmpdir(), "sandgate-cluster-"));
    folders.push(folder);
    mkdirSync(join(folder, "logs"));
    const then = new Date(Date.now() - ageMs);
    utimesSync(folder, then, then);
    return folder;
  };

  afterEach(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it("is removed by the next start when it is older than a day, and not before", () => {
    const old = withoutOwner(25 * HOUR_MS);
    const young = withoutOwner(23 * HOUR_MS);
    removeStateFolder(makeStateFolder());
    expect({ old: existsSync(old), young: existsSync(young) }).toEqual({ old: false, young: true });
  });
});

/** Of containers, in version 2 and in one hierarchy of version 1. */
const CONTROL_GROUPS = existsSync("/sys/fs/cgroup/cgroup.controllers")
  ? "/sys/fs/cgroup/k8s.io"
  : "/sys/fs/cgroup/devices/k8s.io";

describe("the folders of runs that are no more", () => {
  const MODULE = join(import.meta.dirname, "..", "cluster", "state-folder.ts");
  const START = `import { makeStateFolder, removeStateFolder } from ${JSON.stringify(MODULE)};
    removeStateFolder(makeStateFolder());`;

  it("are removed once, however many start at the same time", async () => {
    const left = Array.from({ length: 30 }, () => {
      const folder = mkdtempSync(join(tmpdir(), "sandgate-cluster-"));
      for (let file = 0; file < 20; file++) writeFileSync(join(folder, `file-${file}`), "");
      const container = `sandgate-test-${folder.slice(-6)}`;
      mkdirSync(join(folder, "containerd", "state", "io.containerd.runtime.v2.task", "k8s.io", container), {
        recursive: true,
      });
      mkdirSync(join(CONTROL_GROUPS, container), { recursive: true });
      // No process has had an id since before the boot.
      writeFileSync(join(folder, "owner"), "1 0");
      return folder;
    });
    const starts = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--input-type=module", "--eval", START], {
        stdio: ["ignore", "ignore", "pipe"],
      }),
    );
    const ends = await Promise.all(
      starts.map(async (child) => {
        let errors = "";
        child.stderr.on("data", (chunk: Buffer) => void (errors += chunk.toString()));
        const [code] = (await once(child, "close")) as [number];
        return { code, errors };
      }),
    );
    expect(ends).toEqual(starts.map(() => ({ code: 0, errors: "" })));
    expect(readdirSync(CONTROL_GROUPS).filter((name) => name.startsWith("sandgate-test-"))).toEqual([]);
    const names = new Set(left.map((folder) => folder.split("/").at(-1)));
    expect(readdirSync(tmpdir()).filter((name) => names.has(name.replace(/-[0-9]+$/, "")))).toEqual([]);
  });
});
