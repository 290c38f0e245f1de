import { silentLogger, type Logger, type NormalSandbox, type StateReason } from "@sandgate/contract";
import { createBackoff } from "../reflector/backoff.ts";
import { sleep } from "../reflector/sleep.ts";
import { createInformer } from "../reflector/create-informer.ts";
import { PODS, SANDBOX_CLAIMS, SANDBOXES } from "../client/resources.ts";
import type { KubeClient } from "../client/kube-client.ts";
import { apiVersionOf, type Resource } from "../client/resource.ts";
import { choosePod } from "./choose-pod.ts";
import { discoverSandboxApi, lacksSandboxApi, type SandboxApi } from "./discover-sandbox-api.ts";
import { openReader, type OpenReader } from "./open-reader.ts";
import { createPacking, unpackPod } from "./packed.ts";
import type { PodView } from "./pod-view.ts";
import { createSandboxLedger } from "./sandbox-ledger.ts";
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
  /** What the cluster serves of agent-sandbox: nothing, Sandboxes alone, or templates, claims and pools as well. */
  agentSandbox: "unknown" | "missing" | "core" | "complete";
}

export interface WatchSandboxesOptions {
  client: KubeClient;
  /** Absent: every namespace. */
  namespace?: string | undefined;
  /** Called with each sandbox that is new or changed (`entry`), and with those that are gone (`undefined`). */
  onChange: (uid: string, entry: SandboxEntry | undefined) => void;
  onHealth?: (health: SandboxWatchHealth) => void;
  /** How long a watch may be silent before it is opened anew; as an informer's. */
  silenceMs?: number;
  logger?: Logger;
}

export interface SandboxWatch {
  readonly health: SandboxWatchHealth;
  /** Resolves when everything that existed at the start has been told. */
  readonly synced: Promise<void>;
  close(): Promise<void>;
}

/** How often the cluster is asked what it serves, besides whenever it says that it does not serve what was asked for. */
const DISCOVERY_MS = 10_000;
/** How long the first list of another version may take before it is given up and begun anew. */
const CHANGE_MS = 120_000;
/** How long the cluster has to lack agent-sandbox before its sandboxes are taken for gone. */
const MISSING_MS = 15_000;

/**
 * Follows every sandbox with its pod, in whatever version the cluster serves. A missing agent-sandbox is waited for. When
 * another version becomes the one to read, the one before is followed until the new one's list is complete. What is known
 * stays while nothing can be read. Definitions that are deleted take their objects with them, of which a watch may not hear:
 * if the API server says for a while that it has none, there are no sandboxes.
 */
export function watchSandboxes(options: WatchSandboxesOptions): SandboxWatch {
  const { client, namespace, silenceMs } = options;
  const logger = options.logger ?? silentLogger;
  const packing = createPacking();
  const closing = new AbortController();
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => {});
  let reader: OpenReader | null = null;
  let next: OpenReader | null = null;
  /** Ends the pause between two questions for what is served. */
  let hurry = new AbortController();
  let problem: string | null = null;
  let served: SandboxWatchHealth["agentSandbox"] = "unknown";
  let everSynced = false;
  let missingSinceMs: number | null = null;
  /** When the last reader that is no more was last told something. */
  let seenAtMs = 0;

  const ledger = createSandboxLedger((uid, sandbox) => {
    if (sandbox === undefined) options.onChange(uid, undefined);
    else tell(uid, sandbox);
  });

  const pods = createInformer({
    client,
    resource: PODS,
    namespace,
    transform: packing.packPod,
    // A cluster has other pods than those of sandboxes, maybe many more.
    keep: (pod) => unpackPod(pod).sandboxUid !== null,
    indexes: { sandboxUid: (pod) => [unpackPod(pod).sandboxUid ?? ""] },
    onChange: (change) => {
      const uids = new Set([unpackPod(change.object).sandboxUid]);
      if (change.type === "modified") uids.add(unpackPod(change.previous).sandboxUid);
      for (const uid of uids) {
        const sandbox = uid === null ? undefined : ledger.get(uid);
        if (sandbox !== undefined) tell(sandbox.uid, sandbox);
      }
    },
    onHealth: report,
    logger,
    ...(silenceMs === undefined ? {} : { silenceMs }),
  });

  function tell(uid: string, sandbox: NormalSandbox): void {
    const pod = choosePod(pods.byIndex("sandboxUid", uid).map(unpackPod), sandbox);
    options.onChange(uid, { sandbox, pod, state: stateOf(sandbox, pod) });
  }

  function report(): void {
    options.onHealth?.(health());
  }

  function health(): SandboxWatchHealth {
    const seen = reader?.health;
    return {
      synced: everSynced,
      syncedAtMs: Math.min(seen?.seenAtMs ?? seenAtMs, pods.health.seenAtMs),
      error: problem ?? seen?.error ?? next?.health.error ?? pods.health.error,
      agentSandbox: served,
    };
  }

  function note({ sandboxes, extensions }: SandboxApi): void {
    const now = sandboxes === null ? "missing" : extensions ? "complete" : "core";
    if (now === served) return;
    served = now;
    if (now === "core")
      logger.warn(
        `the cluster serves no ${SANDBOX_CLAIMS.group}: there are sandboxes, but no claims, templates or warm pools`,
      );
    else if (now === "complete") logger.info("agent-sandbox is served with its extensions");
    report();
  }

  /** Reads another version from now on. */
  async function change(resource: Resource): Promise<void> {
    closing.signal.throwIfAborted();
    const unserved = Promise.withResolvers<"unserved">();
    const opened = openReader({
      client,
      resource,
      namespace,
      silenceMs,
      packing,
      onChange: (from, one) => ledger.take(from, one),
      onHealth: report,
      onUnserved: () => {
        unserved.resolve("unserved");
        hurry.abort();
      },
      logger,
    });
    next = opened;
    ledger.join(opened);
    const waiting = new AbortController();
    const outcome = await Promise.race([
      opened.synced.then(() => "synced" as const),
      unserved.promise,
      // With nothing else to follow there is nothing to go back to.
      ...(reader === null ? [] : [sleep(CHANGE_MS, waiting.signal).then(() => "late" as const)]),
    ]).finally(() => waiting.abort());
    next = null;
    if (outcome !== "synced") {
      const why = opened.health.error ?? "its list does not end";
      ledger.leave(opened);
      await opened.close();
      throw new Error(`Sandboxes cannot be read as ${apiVersionOf(resource)}: ${why}`);
    }
    const before = reader;
    reader = opened;
    if (before !== null) ledger.leave(before);
    ledger.settle(opened);
    report();
    await before?.close();
    logger.info(`reading sandboxes as ${apiVersionOf(resource)}`);
  }

  /** The cluster does not announce agent-sandbox, which may be a passing thing. */
  async function miss(): Promise<void> {
    missingSinceMs ??= Date.now();
    if (reader === null || reader.health.error === null || Date.now() - missingSinceMs < MISSING_MS) return;
    if (!(await lacksSandboxApi(client, closing.signal))) return;
    const before = reader;
    seenAtMs = before.health.seenAtMs;
    reader = null;
    ledger.leave(before);
    ledger.clear();
    await before.close();
    logger.warn("the definitions of agent-sandbox are gone, and the sandboxes with them");
  }

  async function look(): Promise<void> {
    const api = await discoverSandboxApi(client, closing.signal);
    note(api);
    if (api.sandboxes === null) {
      await miss();
      throw new Error(`agent-sandbox is not installed: the cluster serves no ${SANDBOXES.group}`);
    }
    missingSinceMs = null;
    if (reader?.resource.version !== api.sandboxes.version) await change(api.sandboxes);
    else ledger.settle(reader);
    if (problem !== null) {
      problem = null;
      report();
    }
    if (everSynced) return;
    await pods.synced;
    everSynced = true;
    synced.resolve();
    report();
  }

  async function run(): Promise<void> {
    const backoff = createBackoff({ firstMs: 100, limitMs: 5_000 });
    while (!closing.signal.aborted) {
      hurry = new AbortController();
      let waitMs = DISCOVERY_MS;
      try {
        await look();
        backoff.reset();
      } catch (error) {
        if (closing.signal.aborted) return;
        const message = error instanceof Error ? error.message : String(error);
        if (problem !== message) {
          problem = message;
          logger.warn("sandboxes cannot be followed", { error: message });
          report();
        }
        waitMs = backoff.next();
        // A failure is answered by waiting, whoever hurries.
        hurry = new AbortController();
      }
      await sleep(waitMs, AbortSignal.any([closing.signal, hurry.signal]));
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
      await Promise.all([pods.close(), reader?.close(), next?.close()]);
      await running;
    },
  };
}
