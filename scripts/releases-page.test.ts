import { describe, expect, it } from "vitest";
import { EMBEDDED_NODE_EXCEPTIONS, RELEASE_EXCEPTIONS } from "../test/conformance/exceptions.ts";
import { fill, resultsTable, type TestReport } from "./releases-page.ts";

const OUR_NODE = "embedded API server, our controllers, our node";
const SCRIPTED = "embedded API server, our controllers, a scripted node";
const OLD = "real API server, upstream's controllers v0.1.0, kubelet";
const LATEST = "real API server, upstream's controllers v0.5.6, kubelet";

type Ran = [row: string, group: string, title: string, status?: string];

const reportOf = (
  ran: readonly Ran[],
  name = "/repository/test/conformance/embedded.test.ts",
): TestReport => ({
  testResults: [
    {
      name,
      assertionResults: ran.map(([row, group, title, status = "passed"]) => ({
        ancestorTitles: [row, group],
        title,
        status,
      })),
    },
  ],
});

describe("the table of results", () => {
  it("has a line for each case and a column for each row, in the order of their names", () => {
    const ran: Ran[] = [
      [LATEST, "a Sandbox", "gets a pod"],
      [OUR_NODE, "a Sandbox", "gets a pod"],
    ];
    expect(resultsTable(reportOf(ran))).toBe(
      `1. ${OUR_NODE}\n2. ${LATEST}\n\n|  | 1 | 2 |\n|---|---|---|\n| a Sandbox gets a pod | yes | yes |`,
    );
  });

  it("says for each row why cases were left out", () => {
    const [exception = "", why = ""] = Object.entries(EMBEDDED_NODE_EXCEPTIONS)[0] ?? [];
    const [missing = "", whyMissing = ""] = Object.entries(RELEASE_EXCEPTIONS["v0.1.0"])[0] ?? [];
    const named = (name: string): [group: string, title: string] => {
      const [, group = "", title = ""] = /^(a route|a \w+) (.*)$/.exec(name) ?? [];
      return [group, title];
    };
    const text = resultsTable(
      reportOf([
        [LATEST, "a Sandbox", "gets a pod"],
        [OUR_NODE, "a Sandbox", "gets a pod"],
        [SCRIPTED, "a Sandbox", "gets a pod"],
        [LATEST, "a route", "is reached"],
        [OUR_NODE, "a route", "is reached"],
        [OLD, "a route", "is reached"],
        [OLD, "a Sandbox", "gets a pod"],
        [LATEST, ...named(exception)],
        [OLD, ...named(exception)],
        [LATEST, ...named(missing)],
        [OUR_NODE, ...named(missing)],
        [SCRIPTED, ...named(missing)],
      ]),
    );
    expect(text).toContain("| a Sandbox gets a pod | yes | yes | yes | yes |");
    expect(text).toContain("| a route is reached | – | yes | yes | yes |");
    expect(text).toContain(`| ${exception} | – | – | yes | yes |`);
    expect(text).toContain(`| ${missing} | yes | yes | – | yes |`);
    const reasons = text.slice(text.indexOf("A dash")).split("\n").slice(2);
    expect(reasons).toHaveLength(3);
    expect(reasons[0]).toMatch(/^- 1: no case about routes: the scripted node/);
    expect(reasons[1]).toBe(`- 2: not “${exception}”: ${why}.`);
    expect(reasons[2]).toBe(`- 3: not “${missing}”: ${whyMissing}.`);
  });

  it.each([
    ["failed", "failed"],
    ["was skipped", "skipped"],
  ])("is refused where a case %s", (_, status) => {
    expect(() => resultsTable(reportOf([[LATEST, "a route", "is reached", status]]))).toThrow(
      `${LATEST}: a route is reached has ${status}`,
    );
  });

  it("is refused where a row leaves a case out for no known reason", () => {
    const ran: Ran[] = [
      [LATEST, "a route", "is reached"],
      [OUR_NODE, "a route", "is reached"],
      [OUR_NODE, "a route", "is refused"],
    ];
    expect(() => resultsTable(reportOf(ran))).toThrow(`${LATEST}: a route is refused did not run`);
  });

  it("passes over tests that are no rows", () => {
    const ran: Ran[] = [["the gateway", "a stream", "ends", "failed"]];
    expect(resultsTable(reportOf(ran, "/repository/packages/gateway/test/stream.test.ts"))).not.toContain(
      "stream",
    );
  });
});

describe("filling a page", () => {
  it("replaces what is between the marks and leaves the rest", () => {
    const page = "before\n<!-- facts -->\n\nold\n\n<!-- end of facts -->\nafter\n";
    const filled = fill(page, "facts", "new");
    expect(filled).toBe("before\n<!-- facts -->\n\nnew\n\n<!-- end of facts -->\nafter\n");
    expect(fill(filled, "facts", "new")).toBe(filled);
  });

  it.each([
    ["has no marks", "a page"],
    ["lacks the second", "<!-- facts -->"],
    ["has them the wrong way round", "<!-- end of facts --> <!-- facts -->"],
  ])("is refused where the page %s", (_, page) => {
    expect(() => fill(page, "facts", "new")).toThrow("the page has no place for facts");
  });
});
