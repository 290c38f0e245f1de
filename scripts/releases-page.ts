/** The tables of `docs/reference/releases.md`: what the releases can do, and what the conformance suite has seen. */
import { EMBEDDED_NODE_EXCEPTIONS, RELEASE_EXCEPTIONS } from "../test/conformance/exceptions.ts";
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
  ["a later `shutdownTime` revives an expired sandbox", ({ revived }) => (revived ? "yes" : "no")],
  ["a suspended sandbox shows as", ({ suspendedShown }) => (suspendedShown ? "`Suspended`" : "`Ready`")],
  ["a claim whose template or pool comes later is looked at", ({ templateAwaited }) => templateAwaited],
  [
    "pods of claims lack the service account's token and the cluster's DNS",
    ({ secureDefaults }) => (secureDefaults ? "yes" : "no"),
  ],
  ["a warm pool counts its ready ones", ({ poolCountsReady }) => (poolCountsReady ? "yes" : "no")],
  ["its network policies admit", ({ admits }) => admits],
];

export function releasesTable(): string {
  const releases = Object.entries<ReleaseFacts>(RELEASES);
  return table(
    ["", ...releases.map(([release]) => release)],
    FACTS.map(([title, fact]) => [title, ...releases.map(([, facts]) => fact(facts))]),
  );
}

/** The group of the cases about what a caller gets. */
const ROUTES = "a route";

/** Why a kind of cluster leaves cases out; the first that applies counts. */
const REASONS: readonly { applies: (row: string, group: string, title: string) => boolean; why: string }[] = [
  {
    applies: (row, group) => group === ROUTES && row.includes("a scripted node"),
    why: "no case about routes: the scripted node only says that pods run, and nothing in them answers",
  },
  ...exceptionsOf(EMBEDDED_NODE_EXCEPTIONS, (row) => row.includes("our node")),
  ...Object.entries(RELEASE_EXCEPTIONS).flatMap(([release, exceptions]) =>
    exceptionsOf(exceptions, (row) => row.startsWith("real API server") && row.includes(` ${release},`)),
  ),
];

function exceptionsOf(
  exceptions: Readonly<Record<string, string>>,
  isRow: (row: string) => boolean,
): typeof REASONS {
  return Object.entries(exceptions).map(([exception, why]) => ({
    applies: (row, group, title) => isRow(row) && `${group} ${title}` === exception,
    why: `not “${exception}”: ${why}`,
  }));
}

/**
 * A row for each case, a column for each kind of cluster, and why there are dashes.
 *
 * @throws Error where a case failed, or was left out for no reason that is known: such a table is not for the
 *   documentation.
 */
export function resultsTable(report: TestReport): string {
  const rows = new Set<string>();
  const cases = new Map<string, { group: string; title: string; seen: Set<string> }>();
  const files = report.testResults.filter((file) => /test\/(conformance|cluster\/rows)\//.test(file.name));
  for (const { assertionResults } of files) {
    for (const { ancestorTitles, title, status } of assertionResults) {
      const [row = "", ...groups] = ancestorTitles;
      const group = groups.join(" ");
      const name = `${group} ${title}`;
      if (status !== "passed") throw new Error(`${row}: ${name} has ${status}`);
      rows.add(row);
      const one = cases.get(name) ?? { group, title, seen: new Set() };
      cases.set(name, one);
      one.seen.add(row);
    }
  }
  const ordered = [...rows].toSorted();
  /** Numbers of the rows that leave cases out, by the reason. */
  const dashes = new Map<string, Set<number>>();
  const lines = [...cases].map(([name, { group, title, seen }]) => [
    name,
    ...ordered.map((row, index) => {
      if (seen.has(row)) return "yes";
      const reason = REASONS.find(({ applies }) => applies(row, group, title));
      if (reason === undefined) throw new Error(`${row}: ${name} did not run, and REASONS has none for that`);
      dashes.set(reason.why, (dashes.get(reason.why) ?? new Set()).add(index + 1));
      return "–";
    }),
  ]);
  const parts = [
    ordered.map((row, index) => `${index + 1}. ${row}`).join("\n"),
    table(["", ...ordered.map((_, index) => String(index + 1))], lines),
  ];
  if (dashes.size > 0) {
    const reasons = [...dashes].map(
      ([why, numbers]) => `- ${[...numbers].toSorted((a, b) => a - b).join(", ")}: ${why}.`,
    );
    parts.push("A dash is a case that was not run:", reasons.join("\n"));
  }
  return parts.join("\n\n");
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
