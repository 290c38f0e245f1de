import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
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
