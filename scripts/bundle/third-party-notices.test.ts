import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packagesIn, thirdPartyNotices } from "./third-party-notices.ts";

describe("packagesIn", () => {
  it("finds the packages that a bundle's comments name, once each", () => {
    const bundled = [
      "// packages/cli/src/run.ts",
      "// node_modules/commander/lib/command.js",
      "  // ../../node_modules/@fastify/busboy/lib/main.js",
      "// node_modules/commander/lib/option.js",
      'const text = "// node_modules/no/comment";',
    ].join("\n");
    expect(packagesIn(bundled)).toEqual(["@fastify/busboy", "commander"]);
  });
});

describe("thirdPartyNotices", () => {
  let modules: string;
  beforeEach(() => {
    modules = mkdtempSync(join(tmpdir(), "sandgate-notices-"));
  });
  afterEach(() => rmSync(modules, { recursive: true, force: true }));

  function add(name: string, manifest: object, files: Record<string, string> = {}): void {
    mkdirSync(join(modules, name), { recursive: true });
    writeFileSync(join(modules, name, "package.json"), JSON.stringify({ version: "1.2.3", ...manifest }));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(modules, name, file), text);
  }

  it("hands on every text that a package brings", () => {
    add("@a/b", { license: "MIT" }, { LICENSE: "Copyright b\r\n", "CopyrightNotice.txt": "Notice b" });
    const text = thirdPartyNotices(["@a/b"], modules);
    expect(text).toContain("@a/b 1.2.3 (MIT)");
    expect(text).toContain("Copyright b\n");
    expect(text).toContain("Notice b");
  });

  it("names the licence of one that brings no text, and refuses one without any", () => {
    add("said", { license: "Apache-2.0" });
    add("silent", {});
    expect(thirdPartyNotices(["said"], modules)).toContain("said 1.2.3 (Apache-2.0)");
    expect(() => thirdPartyNotices(["silent"], modules)).toThrow("silent 1.2.3 names no licence");
  });
});
