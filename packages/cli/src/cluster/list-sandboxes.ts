import {
  GATEWAY_KEYS,
  LABEL_WARM_POOL_SANDBOX,
  loadConfig,
  type KubeObject,
  type Stored,
} from "@sandgate/contract";
import { KubeError, normalizeSandbox, type KubeClient } from "@sandgate/kube";
import type { Route } from "@sandgate/gateway";
import type { SandboxFact } from "../doctor/facts.ts";
import { readSandboxes } from "../doctor/gather/read-sandboxes.ts";
import { createReading } from "../doctor/gather/reading.ts";
import { userOf } from "./find-sandbox.ts";
import { printSandboxName } from "./sandbox-name.ts";
import type { ServedSandboxes } from "./served-sandboxes.ts";
import { stateSeen } from "./state-seen.ts";

/** A sandbox as `list` and `get` show it, with state, reason and message as in the gateway's `GET /sandboxes`. */
export interface ListedSandbox {
  uid: string;
  user: string;
  /** `user/name`. */
  address: string;
  namespace: string;
  state: Route["state"];
  reason: string;
  message: string;
  createdAtMs: number;
  pod: string | null;
  podIps: readonly string[];
  /** A member of a warm pool that nobody has claimed. */
  unclaimed: boolean;
}

export interface Listing {
  sandboxes: ListedSandbox[];
  /** Why pods could not be read, so that the Sandboxes' own conditions are shown; null where they could. */
  withoutPods: string | null;
}

/**
 * @param scope.namespace - Absent: every namespace.
 * @param scope.name - Absent: of every name.
 * @throws KubeError where Sandboxes may not be listed.
 */
export async function listSandboxes(
  client: KubeClient,
  { versions, resource }: ServedSandboxes,
  scope: { namespace?: string | undefined; name?: string | undefined },
  signal: AbortSignal,
): Promise<Listing> {
  const reading = createReading(client, signal, () => {});
  const settings = loadConfig(GATEWAY_KEYS, {}).values;
  const { namespace, name } = scope;
  const facts = await readSandboxes(reading, versions, { settings, namespace, name });
  if (facts !== null) return { sandboxes: facts.map(listedFact), withoutPods: null };
  const [refused] = reading.unread;
  if (refused === undefined || refused.what !== "pods")
    throw new KubeError(refused?.code ?? 500, "", refused?.why ?? "Sandboxes could not be listed");
  const listed = await reading.list(
    resource,
    { namespace, ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }) },
    listedAlone,
  );
  return { sandboxes: listed ?? [], withoutPods: refused.why };
}

function listedFact({ sandbox, route, pod }: SandboxFact): ListedSandbox {
  const { user, name, namespace, state, reason, message, unclaimed } = route;
  return {
    uid: sandbox.uid,
    user,
    address: printSandboxName({ user, name }),
    namespace,
    state,
    reason,
    message,
    createdAtMs: sandbox.createdAtMs,
    pod: pod?.name ?? null,
    podIps: pod?.podIps ?? [],
    unclaimed,
  };
}

function listedAlone(object: Stored<KubeObject>): ListedSandbox {
  const sandbox = normalizeSandbox(object);
  const user = userOf(object);
  return {
    uid: sandbox.uid,
    user,
    address: printSandboxName({ user, name: sandbox.name }),
    namespace: sandbox.namespace,
    ...stateSeen(sandbox, null),
    createdAtMs: sandbox.createdAtMs,
    pod: null,
    podIps: sandbox.podIps,
    unclaimed: sandbox.labels[LABEL_WARM_POOL_SANDBOX] !== undefined,
  };
}
