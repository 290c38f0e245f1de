import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { treeEntries } from "./tree-entries.ts";

describe("treeEntries", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sandgate-tree-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("takes files, folders and links as they are", () => {
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin", "sh"), "x");
    chmodSync(join(folder, "bin", "sh"), 0o755);
    symlinkSync("bin/sh", join(folder, "shell"));
    chmodSync(join(folder, "bin"), 0o1777);
    expect(treeEntries(folder, () => true)).toEqual([
      { type: "folder", path: "bin", mode: 0o1777 },
      { type: "file", path: "bin/sh", mode: 0o755, content: Buffer.from("x") },
      { type: "link", path: "shell", target: "bin/sh" },
    ]);
  });

  it("takes from programs the rights of their owner and group", () => {
    writeFileSync(join(folder, "su"), "");
    chmodSync(join(folder, "su"), 0o6755);
    expect(treeEntries(folder, () => true)).toMatchObject([{ path: "su", mode: 0o755 }]);
  });

  it("leaves out what is not wanted, with all that is in it", () => {
    mkdirSync(join(folder, "cache"));
    writeFileSync(join(folder, "cache", "file"), "");
    writeFileSync(join(folder, "file"), "");
    expect(treeEntries(folder, (path) => path !== "cache")).toMatchObject([{ path: "file" }]);
  });
});
