import { afterAll, beforeAll, describe, test as vitestTest } from "vitest";
import { claimCases } from "./cases/claim-cases.ts";
import { refusalCases } from "./cases/refusal-cases.ts";
import { sandboxCases } from "./cases/sandbox-cases.ts";
import { templateCases } from "./cases/template-cases.ts";
import { warmPoolCases } from "./cases/warm-pool-cases.ts";
import type { ConformanceCluster } from "./conformance-cluster.ts";
import { declareRouting } from "./routing/routing-suite.ts";
import { openScenario, type Scenario } from "./scenario.ts";

/** Declares one case. It runs in a namespace of its own. */
export type CaseFunction = (title: string, run: (scenario: Scenario) => Promise<void>) => void;

export interface ConformanceOptions {
  /** Cases that cannot hold on this row, by title, with the reason. They are not run; the table of results shows them. */
  readonly exceptions?: Readonly<Record<string, string>>;
  /** False where pods are only said to run, so that nothing answers. */
  readonly routed?: boolean;
}

/** Runs every case on one kind of cluster that serves what v0.5.6 does, opened once. */
export function describeConformance(
  row: string,
  open: () => Promise<ConformanceCluster>,
  { exceptions = {}, routed = true }: ConformanceOptions = {},
): void {
  describe(row, () => {
    let opened: ConformanceCluster | null = null;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close();
    });
    const cluster = (): ConformanceCluster => {
      if (opened === null) throw new Error("the cluster did not open");
      return opened;
    };

    const test: CaseFunction = (title, run) => {
      if (Object.hasOwn(exceptions, title)) return;
      vitestTest(title, { timeout: 120_000 }, async () => {
        const scenario = await openScenario(cluster());
        try {
          await run(scenario);
        } finally {
          await scenario.close();
        }
      });
    };
    for (const cases of [sandboxCases, templateCases, warmPoolCases, claimCases, refusalCases]) cases(test);
    if (routed) declareRouting("v0.5.6", cluster, exceptions);
  });
}
