import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openInside } from "./open-inside.ts";

const ME = process.getuid?.() ?? 0;

let outer: string;
let folder: string;

beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), "sandgate-inside-"));
  folder = join(outer, "volume");
  mkdirSync(join(folder, "a/b"), { recursive: true });
  writeFileSync(join(folder, "a/file"), "text");
  writeFileSync(join(outer, "secret"), "secret");
  mkdirSync(join(outer, "other"));
});

afterEach(() => {
  rmSync(outer, { recursive: true, force: true });
});

/** Path that was opened. */
function opened(path: string): string {
  const descriptor = openInside(folder, path, ME);
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } finally {
    closeSync(descriptor);
  }
}

describe("a path inside of a volume", () => {
  test.each([
    ["a/b", "a/b"],
    ["/a//b/", "a/b"],
    ["./a/./file", "a/file"],
    ["", ""],
  ])("%j is opened", (path, expected) => {
    expect(opened(path)).toBe(join(folder, expected));
  });

  test("is made where it is missing, for the pod's user", () => {
    expect(opened("new/deeper")).toBe(join(folder, "new/deeper"));
    expect(statSync(join(folder, "new/deeper")).uid).toBe(ME);
  });

  test.each(["..", "a/..", "../secret", "a/../../secret", "/../x"])("%j is refused", (path) => {
    expect(() => opened(path)).toThrow("leaves its volume");
  });

  test("is not opened through a link, wherever in it and wherever to", () => {
    symlinkSync("/", join(folder, "root"));
    symlinkSync("../secret", join(folder, "up"));
    symlinkSync("a", join(folder, "within"));
    symlinkSync("nowhere", join(folder, "a/dangling"));
    for (const path of ["root", "root/etc", "up", "within/b", "a/dangling", "a/dangling/x"])
      expect(() => opened(path)).toThrow("symbolic link");
    expect(existsSync(join(folder, "a/nowhere"))).toBe(false);
  });

  test("is not opened below a file", () => {
    expect(() => opened("a/file/x")).toThrow("no folder");
  });

  test("leaves no descriptor behind, however it ends", () => {
    const free = (): number => {
      const descriptor = openInside(folder, "a", ME);
      closeSync(descriptor);
      return descriptor;
    };
    const before = free();
    for (const path of ["a/b", "a/file", "..", "a/file/x"]) {
      try {
        closeSync(openInside(folder, path, ME));
      } catch {
        // Refused; what counts is what stays open.
      }
    }
    expect(free()).toBe(before);
  });

  test("never leads out, whatever links a pod has put there and whatever is asked for", () => {
    const step = fc.constantFrom("a", "b", "l", "m", "..", ".", "", "x");
    const target = fc.constantFrom("..", "/", "../..", "a", ".", "../other", "../secret", "/tmp", "l", "m");
    const links = fc.array(fc.tuple(fc.constantFrom("l", "m", "a/l", "a/b/m"), target), { maxLength: 4 });
    fc.assert(
      fc.property(links, fc.array(step, { minLength: 1, maxLength: 6 }), (made, steps) => {
        for (const [name, to] of made) {
          rmSync(join(folder, name), { recursive: true, force: true });
          symlinkSync(to, join(folder, name));
        }
        try {
          const path = opened(steps.join("/"));
          expect(path === folder || path.startsWith(`${folder}/`)).toBe(true);
        } catch (error) {
          expect((error as Error).message).toMatch(/leaves its volume|symbolic link/);
        }
        expect(existsSync(join(outer, "other", "x"))).toBe(false);
      }),
    );
  });

  test("is what it was when it was opened, whatever takes its name afterwards", () => {
    const descriptor = openInside(folder, "a/file", ME);
    rmSync(join(folder, "a/file"));
    symlinkSync("../../secret", join(folder, "a/file"));
    expect(fstatSync(descriptor).size).toBe("text".length);
    closeSync(descriptor);
  });
});
