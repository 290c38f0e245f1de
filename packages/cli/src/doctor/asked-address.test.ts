import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CliError } from "../cli-error.ts";
import { parseAskedAddress, printAskedAddress } from "./asked-address.ts";

describe("parseAskedAddress", () => {
  it.each([
    ["alice/box", { user: "alice", name: "box", port: undefined }],
    ["box", { user: "default", name: "box", port: undefined }],
    ["box:80", { user: "default", name: "box", port: 80 }],
    ["alice/box:65535", { user: "alice", name: "box", port: 65_535 }],
    ["/alice/box:8000/", { user: "alice", name: "box", port: 8000 }],
  ])("reads %s", (text, address) => {
    expect(parseAskedAddress(text)).toEqual(address);
  });

  it.each([
    "",
    "/",
    "a/b/c",
    "alice/Box",
    "alice/box:",
    "alice/box:0",
    "alice/box:65536",
    "alice/box:8o",
    "a/b:1:2",
  ])("refuses %j as asked wrongly", (text) => {
    expect(() => parseAskedAddress(text)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  it("reads what it prints", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
    fc.assert(
      fc.property(fc.record({ user: word, name: word, port }), (address) => {
        expect(parseAskedAddress(printAskedAddress(address))).toEqual(address);
      }),
    );
  });

  it("refuses or reads any text, and throws nothing else", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseAskedAddress(text);
        } catch (error) {
          expect(error).toBeInstanceOf(CliError);
        }
      }),
    );
  });
});
