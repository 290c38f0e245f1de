import { describe, expect, it } from "vitest";
import { librariesOf, parseLdd } from "./libraries.ts";

describe("librariesOf", () => {
  it("names the libraries of this very program, the loader among them", () => {
    const libraries = librariesOf(process.execPath);
    expect(libraries.some((path) => /\/libc\.so/.test(path))).toBe(true);
    expect(libraries.some((path) => /\/ld-linux/.test(path))).toBe(true);
  });

  it("says which library is missing", () => {
    expect(() => parseLdd("\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\tlibgone.so.1 => not found\n")).toThrow(
      "libgone.so.1 is not on this machine",
    );
  });

  it("leaves out what the kernel brings", () => {
    expect(parseLdd("\tlinux-vdso.so.1 (0x1)\n\t/lib64/ld.so.2 (0x2)\n")).toEqual(["/lib64/ld.so.2"]);
  });
});
