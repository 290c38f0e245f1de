import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeAtomically, type ProjectedFile } from "./atomic-files.ts";

const ME = process.getuid?.() ?? 0;
const file = (path: string, text: string, mode = 0o644): ProjectedFile => ({
  path,
  content: Buffer.from(text),
  mode,
});

let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "sandgate-files-")), "volume");
});

afterEach(() => {
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const visible = (): string[] => readdirSync(folder).filter((name) => !name.startsWith(".."));
const versions = (): string[] => readdirSync(folder).filter((name) => name.startsWith("..version-"));

describe("files of a volume", () => {
  test("are there with their content and mode, folders on the way too", () => {
    writeAtomically(folder, [file("a", "1"), file("deep/er/b", "2", 0o400)], ME);
    expect(visible()).toEqual(["a", "deep"]);
    expect([read("a"), read("deep/er/b")]).toEqual(["1", "2"]);
    expect(statSync(join(folder, "deep/er/b")).mode & 0o777).toBe(0o400);
  });

  test("change all at once, by the one link that all of them go through", () => {
    writeAtomically(folder, [file("a", "1"), file("b", "1")], ME);
    const before = readlinkSync(join(folder, "..data"));
    expect(readlinkSync(join(folder, "a"))).toBe("..data/a");
    writeAtomically(folder, [file("a", "2"), file("b", "2")], ME);
    expect(readlinkSync(join(folder, "..data"))).not.toBe(before);
    expect(readlinkSync(join(folder, "a"))).toBe("..data/a");
    expect([read("a"), read("b")]).toEqual(["2", "2"]);
  });

  test("go when they are no longer asked for, and so does the version before", () => {
    writeAtomically(folder, [file("a", "1"), file("x/b", "1")], ME);
    writeAtomically(folder, [file("a", "2")], ME);
    expect(visible()).toEqual(["a"]);
    expect(versions()).toHaveLength(1);
  });

  test("are written again after a writer that was killed half-way", () => {
    writeAtomically(folder, [file("a", "1")], ME);
    // What it leaves: a version that nothing points to, and the link that was to replace the old one.
    mkdirSync(join(folder, "..version-dead"));
    symlinkSync("..version-dead", join(folder, "..data.new"));
    writeAtomically(folder, [file("a", "2")], ME);
    expect(read("a")).toBe("2");
    expect(readdirSync(folder).toSorted()).toEqual(
      [readlinkSync(join(folder, "..data")), "..data", "a"].toSorted(),
    );
  });

  test.each(["../a", "/a", "a/../../b", ".", "x/..", "..", "a/..", "..data", "..x/a"])(
    "are not written at %s",
    (path) => {
      expect(() => writeAtomically(folder, [file(path, "1")], ME)).toThrow("may not be at");
    },
  );
});
