import type { ServerResponse } from "node:http";
import { SandgateError } from "@sandgate/contract";
import type { RouteSource } from "../route-source.ts";
import type { Caller } from "../steps/caller.ts";
import { healthOf, listSandboxes } from "./own-pages.ts";
import { sendJson } from "./send-json.ts";

/** The pages that need no key: what they tell is a count and whether all is well. */
export function answerOpenly(
  path: string,
  response: ServerResponse,
  source: RouteSource,
  draining: boolean,
): boolean {
  switch (path) {
    case "/health":
      sendJson(response, 200, healthOf(source.routes, source.health, Date.now()));
      return true;
    case "/healthz":
      sendJson(response, 200, { status: "ok" });
      return true;
    case "/readyz": {
      const ready = source.health.synced && !draining;
      sendJson(response, ready ? 200 : 503, { status: ready ? "ok" : draining ? "draining" : "not synced" });
      return true;
    }
    default:
      return false;
  }
}

/** @throws SandgateError ROUTE_NOT_FOUND. */
export function answerOwn(
  path: string,
  caller: Caller,
  response: ServerResponse,
  source: RouteSource,
  sandboxPort: number,
): void {
  if (path !== "/sandboxes") throw new SandgateError("ROUTE_NOT_FOUND", `The gateway has no page ${path}.`);
  sendJson(response, 200, listSandboxes(source.routes, caller, sandboxPort));
}
