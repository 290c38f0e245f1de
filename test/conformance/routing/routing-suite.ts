import { describe, test as vitestTest } from "vitest";
import { claimRoutingCases } from "./claim-routing-cases.ts";
import { dialectOf } from "./dialect.ts";
import { conflictCases } from "./conflict-cases.ts";
import type { ConformanceCluster } from "../conformance-cluster.ts";
import type { Release } from "./releases.ts";
import { factsCases } from "./facts-cases.ts";
import { openRoutedScenario } from "./routed-scenario.ts";
import { ADDRESS_CASE, routingCases, type RoutingCase } from "./routing-cases.ts";

const ROUTES = "a route";

/**
 * Declares the routing cases.
 *
 * @returns Their names, also of those that are left out, once Vitest has collected them.
 */
export function declareRouting(
  release: Release,
  cluster: () => ConformanceCluster,
  { exceptions, concurrent }: { exceptions: Readonly<Record<string, string>>; concurrent: boolean },
): readonly string[] {
  const dialect = dialectOf(release);
  const declared: string[] = [];
  describe(ROUTES, () => {
    const test: RoutingCase = (title, run) => {
      declared.push(`${ROUTES} ${title}`);
      if (Object.hasOwn(exceptions, `${ROUTES} ${title}`)) return;
      // Which pod gets the next address is for one case alone to say.
      const besides = concurrent && title !== ADDRESS_CASE;
      vitestTest(title, { timeout: 180_000, concurrent: besides }, async ({ expect }) => {
        const scenario = await openRoutedScenario(cluster(), dialect);
        try {
          await run(scenario, expect);
        } finally {
          await scenario.close();
        }
      });
    };
    for (const cases of [routingCases, claimRoutingCases, conflictCases, factsCases]) cases(test);
  });
  return declared;
}
