/** The tables of `docs/reference/releases.md`: what the releases can do, and what the conformance suite has seen. */
import { EMBEDDED_NODE_EXCEPTIONS } from "../test/conformance/exceptions.ts";
import { RELEASES, type ReleaseFacts } from "../test/conformance/routing/releases.ts";

/** As Vitest's JSON reporter writes it, as far as it is read here. */
export interface TestReport {
  testResults: {
    name: string;
    assertionResults: { ancestorTitles: string[]; title: string; status: string }[];
  }[];
}

const FACTS: readonly [string, (facts: ReleaseFacts) => string][] = [
  ["API version", ({ version }) => version],
  ["Service of a Sandbox", ({ service }) => service],
  ["pod IPs in the status", ({ podIpsInStatus }) => (podIpsInStatus ? "yes" : "no")],
  ["suspended by", ({ suspendBy }) => `\`spec.${suspendBy}\``],
  ["a warm pool holds", ({ poolHolds }) => poolHolds],
  ["a claim names", ({ claimNames }) => `its ${claimNames}`],
  ["an ended pod shows as `Finished`", ({ finished }) => (finished ? "yes" : "no")],
  ["`shutdownPolicy`", ({ shutdownPolicy }) => (shutdownPolicy ? "yes" : "no")],
  ["its network policies admit", ({ admits }) => admits],
];

export function releasesTable(): string {
  const releases = Object.entries<ReleaseFacts>(RELEASES);
  return table(
    ["", ...releases.map(([release]) => release)],
    FACTS.map(([title, fact]) => [title, ...releases.map(([, facts]) => fact(facts))]),
  );
}

/**
 * A row for each case, a column for each kind of cluster.
 *
 * @throws Error where a case failed: a table of failures is not for the documentation.
 */
export function resultsTable(report: TestReport): string {
  const rows: string[] = [];
  const cases = new Map<string, Map<string, string>>();
  const files = report.testResults.filter((file) => /test\/(conformance|cluster\/rows)\//.test(file.name));
  for (const { assertionResults } of files) {
    for (const { ancestorTitles, title, status } of assertionResults) {
      const [row = "", ...group] = ancestorTitles;
      if (!rows.includes(row)) rows.push(row);
      const name = `${group.join(" ")} ${title}`;
      if (status !== "passed") throw new Error(`${row}: ${name} has ${status}`);
      const seen = cases.get(name) ?? new Map<string, string>();
      cases.set(name, seen.set(row, "yes"));
    }
  }
  const ordered = rows.toSorted();
  const exceptions = Object.entries(EMBEDDED_NODE_EXCEPTIONS).map(
    ([title, why]) => `“${title}” is not run on our node: ${why}.`,
  );
  const legend = ordered.map((row, index) => `${index + 1}. ${row}`);
  return [
    legend.join("\n"),
    table(
      ["", ...ordered.map((_, index) => String(index + 1))],
      [...cases].map(([name, seen]) => [name, ...ordered.map((row) => seen.get(row) ?? "–")]),
    ),
    "A dash: the case says something that the release cannot do, or that the row has no part for.",
    ...exceptions,
  ].join("\n\n");
}

/** Puts a text between the two marks of a page. */
export function fill(page: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- end of ${mark} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no place for ${mark}: ${begin} … ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
