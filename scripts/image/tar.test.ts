import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { tar, type TarEntry } from "./tar.ts";

const file = (path: string, content = ""): TarEntry => ({
  type: "file",
  path,
  mode: 0o644,
  content: Buffer.from(content),
});

/** As GNU tar reads it: mode, owner, size, time, path. */
function listing(archive: Buffer): string[] {
  const options = ["--list", "--verbose", "--numeric-owner", "--utc", "--quoting-style=literal", "--file=-"];
  const lines = execFileSync("tar", options, { input: archive, encoding: "utf8" }).trimEnd().split("\n");
  return lines.map((line) => line.replaceAll(/\s+/g, " "));
}

describe("tar", () => {
  it("writes files, folders and links with the rights and owner they are given, as other programs read them", () => {
    const archive = tar(
      [
        { type: "folder", path: "tmp", mode: 0o1777, uid: 7, gid: 8 },
        { type: "link", path: "bin", target: "usr/bin" },
        { ...file("etc/naïve", "x".repeat(513)), uid: 65532, gid: 65533 },
      ],
      86_400,
    );
    expect(listing(archive)).toEqual([
      "lrwxrwxrwx 0/0 0 1970-01-02 00:00 bin -> usr/bin",
      "-rw-r--r-- 65532/65533 513 1970-01-02 00:00 etc/naïve",
      "drwxrwxrwt 7/8 0 1970-01-02 00:00 tmp/",
    ]);
  });

  it("keeps contents whole, whatever their length", () => {
    for (const length of [0, 1, 511, 512, 513, 1024]) {
      const content = Buffer.alloc(length, "ab");
      const archive = tar([{ ...file("a"), content } as TarEntry, file("b", "after")], 0);
      expect(spawnSync("tar", ["-xOf-", "a"], { input: archive }).stdout).toEqual(content);
      expect(spawnSync("tar", ["-xOf-", "b"], { input: archive, encoding: "utf8" }).stdout).toBe("after");
    }
  });

  it("has the same bytes in whatever order the entries come", () => {
    const entries = [file("b"), file("a/c"), { type: "folder", path: "a", mode: 0o755 } as const];
    expect(tar(entries, 0).equals(tar(entries.toReversed(), 0))).toBe(true);
  });

  it("divides a long path, and refuses one that the format cannot hold", () => {
    const folder = "f".repeat(90);
    expect(listing(tar([file(`${folder}/${"n".repeat(99)}`)], 0))[0]).toContain(
      `${folder}/${"n".repeat(99)}`,
    );
    expect(() => tar([file("n".repeat(101))], 0)).toThrow("its name is longer than 100 bytes");
    expect(() => tar([file(`${folder}/${folder}/${folder}`)], 0)).toThrow(
      "its folder is longer than 155 bytes",
    );
    expect(() => tar([{ type: "link", path: "a", target: "t".repeat(101) }], 0)).toThrow(
      "its target is longer",
    );
  });

  it("refuses a path that comes twice", () => {
    expect(() => tar([file("a"), file("a")], 0)).toThrow("a comes twice");
  });
});
