import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CliError } from "../cli-error.ts";
import { parseSandboxName, printSandboxName } from "./sandbox-name.ts";

describe("parseSandboxName", () => {
  it("takes user and name, and a name alone for the default user", () => {
    expect(parseSandboxName("alice/my-sandbox")).toEqual({ user: "alice", name: "my-sandbox" });
    expect(parseSandboxName("my-sandbox")).toEqual({ user: "default", name: "my-sandbox" });
  });

  it.each(["", "/", "a/", "/a", "a/b/c", "alice/My", "al ice/box", "-a/box", "alice/box-"])(
    "refuses %j",
    (text) => {
      expect(() => parseSandboxName(text)).toThrow(CliError);
    },
  );

  it("gives back what it prints, and never throws anything but its own error", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const name = parseSandboxName(text);
          expect(parseSandboxName(printSandboxName(name))).toEqual(name);
        } catch (error) {
          expect(error).toBeInstanceOf(CliError);
        }
      }),
    );
  });
});
