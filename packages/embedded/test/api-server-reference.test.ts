import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createBuiltInDefinitions } from "../src/apiserver/registry/built-in.ts";

const page = readFileSync(new URL("../../../docs/reference/api-server.md", import.meta.url), "utf8");

/** Rows of the table of built-in kinds: group, kinds, subresources. */
const rows = [...page.matchAll(/^\| (core|`[a-z0-9.]+`) \| ([^|]+) \| ([^|]*)\|$/gm)].map((match) => ({
  group: match[1] === "core" ? "" : (match[1] ?? "").replaceAll("`", ""),
  kinds: (match[2] ?? "")
    .replaceAll(/\([^)]*\)/g, "")
    .split(",")
    .map((kind) => kind.trim()),
  subresources: match[3] ?? "",
}));

describe("the reference of the embedded API server", () => {
  test("lists exactly the built-in kinds", () => {
    const served = createBuiltInDefinitions().map(({ group, kind }) => `${group}/${kind}`);
    const listed = rows.flatMap(({ group, kinds }) => kinds.map((kind) => `${group}/${kind}`));
    expect(listed.sort()).toEqual(served.sort());
  });

  test("lists exactly their subresources", () => {
    for (const { group, kind, subresources } of createBuiltInDefinitions()) {
      const text = rows.find((row) => row.group === group && row.kinds.includes(kind))?.subresources ?? "";
      const own = text.split(";").find((part) => part.trim().startsWith(`${kind}:`)) ?? "";
      const listed = [...own.matchAll(/`([a-z]+)`/g)].map((match) => match[1] ?? "");
      expect({ kind, listed: listed.sort() }).toEqual({
        kind,
        listed: [...(subresources.other ?? [])].sort(),
      });
    }
  });
});
