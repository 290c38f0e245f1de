import { afterAll, beforeAll, describe, test as vitestTest } from "vitest";
import { claimRoutingCases } from "./claim-routing-cases.ts";
import { dialectOf } from "./dialect.ts";
import { conflictCases } from "./conflict-cases.ts";
import type { ConformanceCluster } from "../conformance-cluster.ts";
import type { Release } from "./releases.ts";
import { factsCases } from "./facts-cases.ts";
import { openRoutedScenario } from "./routed-scenario.ts";
import { routingCases, type RoutingCase } from "./routing-cases.ts";

/** Runs every routing case on a cluster with a release of agent-sandbox, opened once. */
export function describeRouting(
  row: string,
  release: Release,
  open: () => Promise<ConformanceCluster>,
): void {
  describe(row, () => {
    let cluster: ConformanceCluster | null = null;
    beforeAll(async () => {
      cluster = await open();
    });
    afterAll(async () => {
      await cluster?.close();
    });
    declareRouting(release, () => {
      if (cluster === null) throw new Error("the cluster did not open");
      return cluster;
    });
  });
}

/**
 * Declares the routing cases.
 *
 * @param exceptions - Cases that cannot hold here, by title, with the reason. They are not run; the table of results
 *   shows them.
 */
export function declareRouting(
  release: Release,
  cluster: () => ConformanceCluster,
  exceptions: Readonly<Record<string, string>> = {},
): void {
  const dialect = dialectOf(release);
  describe("a route", () => {
    const test: RoutingCase = (title, run) => {
      if (Object.hasOwn(exceptions, title)) return;
      vitestTest(title, { timeout: 180_000 }, async () => {
        const scenario = await openRoutedScenario(cluster(), dialect);
        try {
          await run(scenario);
        } finally {
          await scenario.close();
        }
      });
    };
    for (const cases of [routingCases, claimRoutingCases, conflictCases, factsCases]) cases(test);
  });
}
