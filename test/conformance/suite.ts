import { afterAll, beforeAll, describe, test as vitestTest } from "vitest";
import { claimCases } from "./cases/claim-cases.ts";
import { refusalCases } from "./cases/refusal-cases.ts";
import { sandboxCases } from "./cases/sandbox-cases.ts";
import { templateCases } from "./cases/template-cases.ts";
import { warmPoolCases } from "./cases/warm-pool-cases.ts";
import type { ConformanceCluster } from "./conformance-cluster.ts";
import { openScenario, type Scenario } from "./scenario.ts";

/** Declares one case. It runs in a namespace of its own. */
export type CaseFunction = (title: string, run: (scenario: Scenario) => Promise<void>) => void;

/** Runs every case on one kind of cluster, opened once. Cases that cannot hold on it are named, with the reason. */
export function describeConformance(
  row: string,
  open: () => Promise<ConformanceCluster>,
  exceptions: Readonly<Record<string, string>> = {},
): void {
  describe(row, () => {
    let cluster: ConformanceCluster | null = null;
    beforeAll(async () => {
      cluster = await open();
    }, 120_000);
    afterAll(async () => {
      await cluster?.close();
    });

    const test: CaseFunction = (title, run) => {
      const why = exceptions[title];
      if (why !== undefined) {
        vitestTest.skip(`${title} (not here: ${why})`);
        return;
      }
      vitestTest(title, { timeout: 120_000 }, async () => {
        if (cluster === null) throw new Error("the cluster did not open");
        const scenario = await openScenario(cluster);
        try {
          await run(scenario);
        } finally {
          await scenario.close();
        }
      });
    };
    for (const cases of [sandboxCases, templateCases, warmPoolCases, claimCases, refusalCases]) cases(test);
  });
}
