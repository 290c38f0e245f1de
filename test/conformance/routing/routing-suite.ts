import { afterAll, beforeAll, describe, test as vitestTest } from "vitest";
import { openRoutedScenario, type RoutedCluster } from "./routed-scenario.ts";
import { routingCases } from "./routing-cases.ts";

/**
 * Runs every routing case on one kind of cluster, opened once.
 *
 * @param exceptions - Cases that cannot hold on it, by title, with the reason. They are not run.
 */
export function describeRouting(
  row: string,
  open: () => Promise<RoutedCluster>,
  exceptions: Readonly<Record<string, string>> = {},
): void {
  describe(`a sandbox on ${row}`, () => {
    let cluster: RoutedCluster | null = null;
    beforeAll(async () => {
      cluster = await open();
    });
    afterAll(async () => {
      await cluster?.close();
    });
    routingCases((title, run) => {
      if (Object.hasOwn(exceptions, title)) return;
      vitestTest(title, { timeout: 180_000 }, async () => {
        if (cluster === null) throw new Error("the cluster did not open");
        const scenario = await openRoutedScenario(cluster);
        try {
          await run(scenario);
        } finally {
          await scenario.close();
        }
      });
    });
  });
}
