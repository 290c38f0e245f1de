import { SandgateError, type GatewayConfig } from "@sandgate/contract";
import type { OwnAnswer } from "../engine/exchange-plan.ts";
import type { RouteSource } from "../route-source.ts";
import type { Caller } from "../steps/caller.ts";
import { jsonAnswer } from "./json-answer.ts";
import { healthOf, listSandboxes } from "./own-pages.ts";

/**
 * The pages that need no key: what they tell is a count and whether all is well.
 *
 * @returns null for every other page.
 */
export function answerOpenly(path: string, source: RouteSource, draining: boolean): OwnAnswer | null {
  switch (path) {
    case "/health":
      return jsonAnswer(200, healthOf(source.routes, source.health, Date.now()));
    case "/healthz":
      return jsonAnswer(200, { status: "ok" });
    case "/readyz": {
      const ready = source.health.synced && !draining;
      return jsonAnswer(ready ? 200 : 503, { status: ready ? "ok" : draining ? "draining" : "not synced" });
    }
    default:
      return null;
  }
}

/** @throws SandgateError ROUTE_NOT_FOUND. */
export function answerOwn(
  path: string,
  caller: Caller,
  source: RouteSource,
  config: Pick<GatewayConfig, "sandboxPort" | "baseDomain">,
): OwnAnswer {
  if (path !== "/sandboxes") throw new SandgateError("ROUTE_NOT_FOUND", `The gateway has no page ${path}.`);
  return jsonAnswer(200, listSandboxes(source.routes, caller, config.sandboxPort, config.baseDomain));
}
