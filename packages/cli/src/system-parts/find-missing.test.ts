import { describe, expect, it } from "vitest";
import { findMissing, installCommand } from "./find-missing.ts";

const shell = { name: "a shell", commands: ["sh"], debianPackage: "dash", why: "to test" };
const absent = {
  name: "absent",
  commands: ["sh", "no-such-program"],
  debianPackage: "absent-package",
  why: "to test",
};
const absentPath = { ...absent, commands: ["/no/such/program"], debianPackage: "other" };

describe("findMissing", () => {
  it("finds what is there even if PATH is empty", () => {
    expect(findMissing([shell], "")).toEqual([]);
  });

  it("reports a part one of whose programs is not there", () => {
    expect(findMissing([shell, absent, absentPath], "/usr/bin")).toEqual([absent, absentPath]);
  });
});

describe("installCommand", () => {
  it("names every package once, in one command", () => {
    expect(installCommand([shell, absent])).toBe(
      "apt-get update && apt-get install -y --no-install-recommends dash absent-package",
    );
  });
});
