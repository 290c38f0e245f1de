import type { ContainerPort, KubeObject, NormalSandbox, Pod, PodTemplate, Stored } from "@sandgate/contract";
import { createRouteTable, type RouteTable } from "@sandgate/gateway";
import {
  EVENTS,
  normalizeSandbox,
  PODS,
  SANDBOXES,
  SANDBOXES_V1ALPHA1,
  stateOf,
  viewPod,
  type PodView,
  type Resource,
} from "@sandgate/kube";
import { isExplained } from "../cause-of.ts";
import type { Facts, FailingContainer, GatewaySettings, SandboxFact } from "../facts.ts";
import type { Reading } from "./reading.ts";

/** Of so many sandboxes whose state does not say why, the events are read; each is a request. */
const WITH_EVENTS = 20;

const RESUME_MODE = JSON.stringify({ spec: { operatingMode: "Running" } });
const RESUME_REPLICAS = JSON.stringify({ spec: { replicas: 1 } });

interface SeenSandbox {
  sandbox: NormalSandbox;
  runtimeClass: string | null;
  images: readonly string[];
}

interface SeenPod {
  view: PodView;
  unschedulable: string | null;
  labels: Readonly<Record<string, string>>;
  ports: readonly ContainerPort[];
  failing: FailingContainer | null;
}

export interface SandboxScope {
  settings: GatewaySettings;
  /** Absent: all. */
  namespace: string | undefined;
  /** Absent: those of any name. */
  name?: string | undefined;
}

/** In which version Sandboxes are read; null where none that is known is served. */
export function sandboxResource(served: readonly string[]): Resource | null {
  return [SANDBOXES, SANDBOXES_V1ALPHA1].find(({ version }) => served.includes(version)) ?? null;
}

/** Every Sandbox with its pod. Of 10,000 only what the checks need is kept. */
export async function readSandboxes(
  reading: Reading,
  served: Facts["sandboxVersions"],
  scope: SandboxScope,
): Promise<SandboxFact[] | null> {
  const { settings, namespace, name } = scope;
  const resource = sandboxResource(served ?? [SANDBOXES.version]);
  if (resource === null) return [];
  const seen = await reading.list(
    resource,
    { namespace, ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }) },
    seeSandbox,
  );
  if (seen === null) return null;
  const pods =
    seen.length === 0
      ? []
      : await reading.list(PODS, { namespace: namespace ?? commonNamespace(seen) }, seePod);
  // Without pods there is no telling what a sandbox does.
  if (pods === null) return null;
  const byOwner = Map.groupBy(pods, ({ view }) => view.sandboxUid);
  const table = createRouteTable(settings);
  const facts = seen.map(({ sandbox, ...rest }) => {
    const owned = byOwner.get(sandbox.uid) ?? [];
    const pod = owned.find(({ view }) => !view.deleting) ?? owned[0];
    const state = stateOf(sandbox, pod?.view);
    table.put(sandbox.uid, { sandbox, pod: pod?.view, state });
    return {
      ...rest,
      sandbox,
      pod: pod?.view,
      failing: pod?.failing ?? null,
      unschedulable: pod?.unschedulable ?? null,
      podLabels: pod?.labels ?? {},
      namedPorts: pod?.ports ?? [],
      state,
      resumePatch: resource === SANDBOXES_V1ALPHA1 ? RESUME_REPLICAS : RESUME_MODE,
      events: [],
    };
  });
  return withEvents(reading, withRoutes(facts, table));
}

/** Where all of them are, so that no other pods need to be read; undefined for several namespaces. */
function commonNamespace(seen: readonly SeenSandbox[]): string | undefined {
  const first = seen[0]?.sandbox.namespace;
  return seen.every(({ sandbox }) => sandbox.namespace === first) ? first : undefined;
}

/** A route may change with each sandbox that is put beside it, so they are taken when all are known. */
function withRoutes(facts: readonly Omit<SandboxFact, "route">[], table: RouteTable): SandboxFact[] {
  const routes = new Map([...table.list()].map((route) => [route.sandboxUid, route]));
  return facts.flatMap((fact) => {
    const route = routes.get(fact.sandbox.uid);
    return route === undefined ? [] : [{ ...fact, route }];
  });
}

async function withEvents(reading: Reading, facts: SandboxFact[]): Promise<SandboxFact[]> {
  const unexplained = facts.filter((fact) => !isExplained(fact)).slice(0, WITH_EVENTS);
  for (const fact of unexplained) fact.events = await readEvents(reading, fact);
  return facts;
}

async function readEvents(reading: Reading, { sandbox, pod }: SandboxFact): Promise<SandboxFact["events"]> {
  const uids = pod === undefined ? [sandbox.uid] : [pod.uid, sandbox.uid];
  const { namespace } = sandbox;
  const lists = await Promise.all(
    uids.map((uid) =>
      reading.list(EVENTS, { namespace, fieldSelector: `involvedObject.uid=${uid}` }, (event) =>
        event.type === "Warning" ? event : null,
      ),
    ),
  );
  return lists.flatMap((list) => list ?? []);
}

function seeSandbox(object: Stored<KubeObject>): SeenSandbox {
  const { spec } = object as Stored<KubeObject> & { spec?: { podTemplate?: Partial<PodTemplate> } };
  const pod = spec?.podTemplate?.spec;
  return {
    sandbox: normalizeSandbox(object),
    runtimeClass: pod?.runtimeClassName ?? null,
    images: (pod?.containers ?? []).flatMap(({ image }) => image ?? []),
  };
}

/** Null for pods that are no sandbox's. */
function seePod(pod: Stored<Pod>): SeenPod | null {
  const view = viewPod(pod);
  if (view.sandboxUid === null) return null;
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  return {
    view,
    unschedulable: scheduled?.status === "False" ? (scheduled.message ?? scheduled.reason ?? "") : null,
    labels: pod.metadata.labels ?? {},
    failing: failingOf(pod),
    ports: pod.spec.containers.flatMap(({ ports }) => ports ?? []),
  };
}

function failingOf({ spec, status }: Stored<Pod>): FailingContainer | null {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const failing = all.find(
    ({ state, lastState, ready }) =>
      state?.waiting !== undefined ||
      state?.terminated !== undefined ||
      // Between two restarts it runs, until it ends again.
      (!ready && lastState?.terminated !== undefined),
  );
  if (failing === undefined) return null;
  return {
    index: Math.max(
      0,
      spec.containers.findIndex(({ name }) => name === failing.name),
    ),
    image: failing.image,
    exitCode: (failing.state?.terminated ?? failing.lastState?.terminated)?.exitCode ?? null,
  };
}
