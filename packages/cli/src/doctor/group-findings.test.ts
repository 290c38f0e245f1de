import { describe, expect, it } from "vitest";
import { factsWith } from "./fake-facts.ts";
import { finding, type Finding } from "./finding.ts";
import { groupFindings } from "./group-findings.ts";
import { printReport, reportOf } from "./report.ts";

const many = (count: number, detailOf: (index: number) => string): Finding[] =>
  Array.from({ length: count }, (_, index) =>
    finding("GATEWAY_NOT_READY", `ns/pod-${index}`, detailOf(index), {
      namespace: "ns",
      pod: `pod-${index}`,
    }),
  );
const print = (findings: readonly Finding[]): string =>
  printReport(reportOf(factsWith(), groupFindings(findings), { address: null, origin: "a test" }));

describe("groupFindings", () => {
  it("tells what is the same of 10,000 once, with the first three and the command for the first", () => {
    const [group, ...others] = groupFindings(many(10_000, () => "same"));
    expect(others).toEqual([]);
    expect(group).toMatchObject({
      detail: "same",
      subjects: ["ns/pod-0", "ns/pod-1", "ns/pod-2"],
      count: 10_000,
      command: "kubectl -n ns logs pod-0 --tail=20",
    });
  });

  it("tells the most frequent of 10,000 different details, and of the rest how many there are", () => {
    const groups = groupFindings(many(10_000, (index) => (index < 4 ? "same" : `detail ${index}`)));
    expect(groups).toHaveLength(6);
    expect(groups[0]).toMatchObject({ detail: "same", count: 4 });
    expect(groups[5]).toMatchObject({ detail: "for other reasons", count: 10_000 - 4 - 4 });
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
  });
});

describe("printReport", () => {
  it("has few lines whatever is found", () => {
    expect(print(many(10_000, String)).split("\n").length).toBeLessThan(50);
    expect(print(many(10_000, () => "same"))).toContain("ns/pod-2 and 9,997 more");
  });

  it("says that all is well, and counts findings", () => {
    expect(print([])).toMatch(/^Cluster: https:\/\/cluster\.example \(a test\)[^]*\n\nAll is well\.$/);
    expect(print(many(1, String))).toMatch(/\n1 finding\.$/);
    expect(print(many(2, String))).toMatch(/\n2 findings\.$/);
  });
});
