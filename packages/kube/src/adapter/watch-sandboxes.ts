import {
  silentLogger,
  type KubeObject,
  type Logger,
  type NormalSandbox,
  type StateReason,
  type Stored,
} from "@sandgate/contract";
import { createBackoff } from "../reflector/backoff.ts";
import { sleep } from "../reflector/sleep.ts";
import { createInformer } from "../reflector/create-informer.ts";
import type { Change, Informer } from "../reflector/informer.ts";
import { PODS } from "../client/resources.ts";
import type { KubeClient } from "../client/kube-client.ts";
import type { Resource } from "../client/resource.ts";
import { discoverSandboxApi } from "./discover-sandbox-api.ts";
import { normalizeSandbox } from "./normalize-sandbox.ts";
import { trimPod, viewPod, type PodView } from "./pod-view.ts";
import { stateOf } from "./state-of.ts";

/** One sandbox with its pod and what both mean. */
export interface SandboxEntry {
  sandbox: NormalSandbox;
  /** The pod that the Sandbox's UID controls; undefined while there is none. */
  pod: PodView | undefined;
  state: StateReason;
}

export interface SandboxWatchHealth {
  /** True once sandboxes and pods are known for the first time; never false again. */
  synced: boolean;
  /** Epoch milliseconds of the older of the two last signs of life; 0 before the first. */
  syncedAtMs: number;
  /** What is wrong now; null while all is well. */
  error: string | null;
}

export interface WatchSandboxesOptions {
  client: KubeClient;
  /** Absent: every namespace. */
  namespace?: string | undefined;
  /** Called with each sandbox that is new or changed (`entry`), and with those that are gone (`undefined`). */
  onChange: (uid: string, entry: SandboxEntry | undefined) => void;
  onHealth?: (health: SandboxWatchHealth) => void;
  logger?: Logger;
}

export interface SandboxWatch {
  readonly health: SandboxWatchHealth;
  /** Resolves when everything that existed at the start has been told. */
  readonly synced: Promise<void>;
  close(): Promise<void>;
}

/** How often it is looked for agent-sandbox where it is missing, and for another served version. */
const DISCOVERY_MS = 30_000;

/**
 * Follows every sandbox with its pod, in whatever version the cluster serves. A missing agent-sandbox is waited for. When
 * another version becomes the one to read, entries stay until the new version's list is complete.
 */
export function watchSandboxes(options: WatchSandboxesOptions): SandboxWatch {
  const { client } = options;
  const logger = options.logger ?? silentLogger;
  const closing = new AbortController();
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => {});
  const sandboxes = new Map<string, NormalSandbox>();
  let source: { resource: Resource; informer: Informer<KubeObject> } | null = null;
  let discoveryError: string | null = null;
  let everSynced = false;

  const pods = createInformer({
    client,
    resource: PODS,
    namespace: options.namespace,
    transform: trimPod,
    indexes: { sandboxUid: (pod) => [viewPod(pod).sandboxUid ?? ""].filter((uid) => uid !== "") },
    onChange: (change) => {
      const uids = new Set([viewPod(change.object).sandboxUid]);
      if (change.type === "modified") uids.add(viewPod(change.previous).sandboxUid);
      for (const uid of uids) if (uid !== null) tell(uid);
    },
    onHealth: report,
    logger,
  });

  function tell(uid: string): void {
    const sandbox = sandboxes.get(uid);
    if (sandbox === undefined) return;
    const pod = choosePod(pods.byIndex("sandboxUid", uid).map(viewPod), sandbox);
    options.onChange(uid, { sandbox, pod, state: stateOf(sandbox, pod) });
  }

  function take(change: Change<KubeObject>): void {
    const { uid } = change.object.metadata;
    if (change.type === "deleted") {
      // A UID that the other version's list has as well is not gone.
      if (sandboxes.delete(uid)) options.onChange(uid, undefined);
      return;
    }
    sandboxes.set(uid, normalizeSandbox(change.object));
    tell(uid);
  }

  function report(): void {
    options.onHealth?.(health());
  }

  function health(): SandboxWatchHealth {
    const seen = source?.informer.health;
    return {
      synced: everSynced,
      syncedAtMs: seen === undefined ? 0 : Math.min(seen.seenAtMs, pods.health.seenAtMs),
      error: discoveryError ?? seen?.error ?? pods.health.error,
    };
  }

  /** Reads another version from now on. */
  async function change(resource: Resource): Promise<void> {
    const before = source?.informer;
    const known = new Set(sandboxes.keys());
    const listed = new Set<string>();
    const informer = createInformer({
      client,
      resource,
      namespace: options.namespace,
      transform: trimSandbox,
      onChange: (one) => {
        if (one.type !== "deleted") listed.add(one.object.metadata.uid);
        take(one);
      },
      onHealth: report,
      logger,
    });
    source = { resource, informer };
    await informer.synced;
    await before?.close();
    for (const uid of known) {
      if (!listed.has(uid) && sandboxes.delete(uid)) options.onChange(uid, undefined);
    }
    logger.info(`reading sandboxes as ${resource.group}/${resource.version}`);
  }

  async function run(): Promise<void> {
    const backoff = createBackoff({ firstMs: 100, limitMs: 5_000 });
    while (!closing.signal.aborted) {
      let waitMs = DISCOVERY_MS;
      try {
        const resource = await discoverSandboxApi(client, closing.signal);
        if (resource === null)
          throw new Error("agent-sandbox is not installed: the cluster serves no agents.x-k8s.io");
        discoveryError = null;
        if (source?.resource.version !== resource.version) await change(resource);
        if (!everSynced) {
          await pods.synced;
          everSynced = true;
          synced.resolve();
          report();
        }
        backoff.reset();
      } catch (error) {
        if (closing.signal.aborted) return;
        const message = error instanceof Error ? error.message : String(error);
        if (discoveryError !== message) {
          discoveryError = message;
          logger.warn("sandboxes cannot be followed", { error: message });
          report();
        }
        waitMs = backoff.next();
      }
      await sleep(waitMs, closing.signal);
    }
  }

  const running = run();
  return {
    get health() {
      return health();
    },
    synced: synced.promise,
    async close() {
      closing.abort();
      synced.reject(new Error("closed before it was synced"));
      await Promise.all([pods.close(), source?.informer.close()]);
      await running;
    },
  };
}

/** Of several pods the one that is not going; of those the one the Sandbox names. */
function choosePod(pods: readonly PodView[], sandbox: NormalSandbox): PodView | undefined {
  const staying = pods.filter((pod) => !pod.deleting);
  return staying.find((pod) => pod.name === sandbox.podName) ?? staying[0] ?? pods[0];
}

/** A Sandbox without what the normal form does not read; the pod template is most of its size. */
function trimSandbox(object: Stored<KubeObject>): Stored<KubeObject> {
  const { metadata, spec, status } = object as Stored<KubeObject> & {
    spec?: Record<string, unknown> & {
      podTemplate?: { spec?: { containers?: { name: string; ports?: unknown }[] } };
    };
    status?: unknown;
  };
  const { managedFields: _managed, ...kept } = metadata;
  const { podTemplate, volumeClaimTemplates: _claims, ...rest } = spec ?? {};
  const containers = (podTemplate?.spec?.containers ?? []).map(({ name, ports }) => ({ name, ports }));
  return { metadata: kept, spec: { ...rest, podTemplate: { spec: { containers } } }, status } as never;
}
