import { afterAll, beforeAll, describe, test as vitestTest } from "vitest";
import { claimCases } from "./cases/claim-cases.ts";
import { refusalCases } from "./cases/refusal-cases.ts";
import { sandboxCases } from "./cases/sandbox-cases.ts";
import { templateCases } from "./cases/template-cases.ts";
import { warmPoolCases } from "./cases/warm-pool-cases.ts";
import type { ConformanceCluster } from "./conformance-cluster.ts";
import { dialectOf } from "./routing/dialect.ts";
import type { Release } from "./routing/releases.ts";
import { declareRouting } from "./routing/routing-suite.ts";
import { openScenario, type Scenario } from "./scenario.ts";

/** Declares one case. It runs in a namespace of its own. */
export type CaseFunction = (title: string, run: (scenario: Scenario) => Promise<void>) => void;

export interface ConformanceOptions {
  /** Cases that cannot hold on this row, by group and title, with the reason. They are not run; the table of results shows them. */
  readonly exceptions?: Readonly<Record<string, string>>;
  /** False where pods are only said to run, so that nothing answers. */
  readonly routed?: boolean;
  /** Whether cases run beside each other: on a kubelet they mostly wait. */
  readonly concurrent?: boolean;
}

const GROUPS = [
  ["a Sandbox", sandboxCases],
  ["a SandboxTemplate", templateCases],
  ["a SandboxWarmPool", warmPoolCases],
  ["a SandboxClaim", claimCases],
  ["what cannot run", refusalCases],
] as const;

/** Runs every case on one kind of cluster that serves what a release does, opened once. */
export function describeConformance(
  row: string,
  release: Release,
  open: () => Promise<ConformanceCluster>,
  { exceptions = {}, routed = true, concurrent = false }: ConformanceOptions = {},
): void {
  const dialect = dialectOf(release);
  describe(row, () => {
    let opened: ConformanceCluster | null = null;
    beforeAll(async () => {
      // By now every group has declared its cases.
      const strays = Object.keys(exceptions).filter((one) => !declared.has(one) && !routes.includes(one));
      if (strays.length > 0) throw new Error(`exceptions of ${row} that are no cases: ${strays.join("; ")}`);
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close();
    });
    const cluster = (): ConformanceCluster => {
      if (opened === null) throw new Error("the cluster did not open");
      return opened;
    };

    const declared = new Set<string>();
    for (const [group, cases] of GROUPS) {
      const kept: Parameters<CaseFunction>[] = [];
      cases((title, run) => {
        const name = `${group} ${title}`;
        declared.add(name);
        if (!Object.hasOwn(exceptions, name)) kept.push([title, run]);
      });
      // Vitest takes a group without tests for a mistake.
      if (kept.length === 0) continue;
      describe(group, () => {
        for (const [title, run] of kept)
          vitestTest(title, { timeout: 120_000, concurrent }, async () => {
            const scenario = await openScenario(cluster(), dialect);
            try {
              await run(scenario);
            } finally {
              await scenario.close();
            }
          });
      });
    }
    const routes = routed ? declareRouting(release, cluster, { exceptions, concurrent }) : [];
  });
}
