import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { HOSTILE_REQUESTS } from "../requests/corpus.ts";
import { HOSTILE_RESPONSES } from "../responses/corpus.ts";
import { rowBegin } from "./page.ts";

it("docs/reference/hostile-requests.md lists exactly the messages of the corpus; node packages/gateway/test/hostile/comparison/main.ts writes it", () => {
  const page = readFileSync(
    join(import.meta.dirname, "../../../../../docs/reference/hostile-requests.md"),
    "utf8",
  );
  const tables = page.slice(page.indexOf("## Requests"));
  const rows = tables.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| message |"));
  const expected = [...Object.values(HOSTILE_REQUESTS), ...Object.values(HOSTILE_RESPONSES)].flat();
  expect(
    rows.map((row, index) => row.startsWith(rowBegin(expected[index] ?? { what: "", source: "" }))),
  ).toEqual(expected.map(() => true));
});
