import { createRouteTable, type RouteTable } from "@sandgate/gateway";
import { choosePod, SANDBOXES_V1ALPHA1, stateOf, type Resource } from "@sandgate/kube";
import type { GatewaySettings, SandboxFact } from "../facts.ts";
import type { SeenPod, SeenSandbox } from "./see-sandbox.ts";

const RESUME_MODE = JSON.stringify({ spec: { operatingMode: "Running" } });
const RESUME_REPLICAS = JSON.stringify({ spec: { replicas: 1 } });

export interface JoinOptions {
  settings: GatewaySettings;
  /** As what the Sandboxes were read. */
  resource: Resource;
  nowMs: number;
}

/** Every Sandbox with its pod and with what the gateway makes of both. Pure; the events are still to be read. */
export function joinSandboxes(
  seen: readonly SeenSandbox[],
  pods: readonly SeenPod[],
  { settings, resource, nowMs }: JoinOptions,
): SandboxFact[] {
  const byOwner = Map.groupBy(pods, ({ view }) => view.sandboxUid);
  const resumePatch = resource.version === SANDBOXES_V1ALPHA1.version ? RESUME_REPLICAS : RESUME_MODE;
  const table = createRouteTable(settings);
  const facts = seen.map(({ sandbox, ...rest }) => {
    const owned = byOwner.get(sandbox.uid) ?? [];
    const chosen = choosePod(
      owned.map(({ view }) => view),
      sandbox,
    );
    const pod = owned.find(({ view }) => view === chosen);
    const state = stateOf(sandbox, pod?.view);
    table.put(sandbox.uid, { sandbox, pod: pod?.view, state });
    return {
      ...rest,
      sandbox,
      ageMs: nowMs - sandbox.createdAtMs,
      pod: pod?.view,
      failing: pod?.failing ?? null,
      unschedulable: pod?.unschedulable ?? null,
      podLabels: pod?.labels ?? {},
      namedPorts: pod?.ports ?? [],
      state,
      resumePatch,
      events: [],
    };
  });
  return withRoutes(facts, table);
}

/** A route may change with each sandbox that is put beside it, so they are taken when all are known. */
function withRoutes(facts: readonly Omit<SandboxFact, "route">[], table: RouteTable): SandboxFact[] {
  const routes = new Map([...table.list()].map((route) => [route.sandboxUid, route]));
  return facts.flatMap((fact) => {
    const route = routes.get(fact.sandbox.uid);
    return route === undefined ? [] : [{ ...fact, route }];
  });
}
