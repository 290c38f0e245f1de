import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FINDINGS } from "./findings.ts";
import { SYMPTOMS } from "./troubleshooting.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..");
const IDS = Object.keys(FINDINGS);

describe("the table of findings", () => {
  it("is explained by a symptom for each of them", () => {
    const explained = new Set<string>(SYMPTOMS.flatMap(({ findings }) => findings));
    expect(IDS.filter((id) => !explained.has(id))).toEqual([]);
  });

  it("has a test on a cluster for each of them", () => {
    const files = [join(root, "packages", "cli", "test"), join(root, "test", "cluster", "doctor")].flatMap(
      (folder) =>
        readdirSync(folder)
          .filter((name) => name.endsWith(".test.ts"))
          .map((name) => readFileSync(join(folder, name), "utf8")),
    );
    expect(IDS.filter((id) => !files.some((text) => text.includes(`"${id}`)))).toEqual([]);
  });

  it.each(Object.entries(FINDINGS))("writes %s as sentences and one line for a shell", (_id, entry) => {
    expect(entry.title).toMatch(/^(?:[A-Z]|agent-sandbox).*[^.]$/);
    expect(entry.remedy).toMatch(/^[A-Z].*\.$/s);
    expect(entry.command).toMatch(/^(?:kubectl|sandgate|npm|timedatectl|echo) [^\n]+$/);
  });
});
