import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheFolder } from "./cache-folder.ts";

describe("cacheFolder", () => {
  it.each([
    ["that is set", { XDG_CACHE_HOME: "/var/cache/ci" }, "/var/cache/ci/sandgate"],
    ["that is absent", {}, join(homedir(), ".cache", "sandgate")],
    ["that is empty", { XDG_CACHE_HOME: "" }, join(homedir(), ".cache", "sandgate")],
  ])("goes by a variable %s", (_, env, expected) => {
    expect(cacheFolder(env)).toBe(expected);
  });
});
