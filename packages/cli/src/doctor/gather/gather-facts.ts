import { isKubeError, KubeUnreachableError, type KubeClient } from "@sandgate/kube";
import type { Facts, GatewaySettings } from "../facts.ts";
import { readCluster } from "./read-cluster.ts";
import { readRights } from "./read-rights.ts";
import { readSandboxes } from "./read-sandboxes.ts";
import { createReading } from "./reading.ts";

export interface GatherOptions {
  client: KubeClient;
  settings: GatewaySettings;
  signal: AbortSignal;
  /** Called with what is being read and how many there are so far. */
  onProgress: (what: string, count: number) => void;
}

/** Reads everything that the checks look at. Never rejects because of the cluster: what could not be read is a fact too. */
export async function gatherFacts({ client, settings, signal, onProgress }: GatherOptions): Promise<Facts> {
  const reading = createReading(client, signal, onProgress);
  const facts: Facts = {
    server: client.server,
    settings,
    nowMs: Date.now(),
    embedded: false,
    obstacle: null,
    kubernetesVersion: null,
    sandboxVersions: null,
    extensionVersions: null,
    clockAheadMs: null,
    rights: [],
    sandboxes: null,
    services: null,
    policies: null,
    namespaces: null,
    runtimeClasses: null,
    nodes: null,
    gateway: null,
    dns: null,
    unread: reading.unread,
  };
  try {
    Object.assign(facts, await readCluster(reading));
    const own = await readRights(reading, null, settings.watchNamespace);
    facts.rights = own === null ? [] : [own];
    facts.sandboxes = await readSandboxes(reading, facts.sandboxVersions, settings);
  } catch (error) {
    signal.throwIfAborted();
    facts.obstacle = obstacleOf(error);
  }
  return facts;
}

function obstacleOf(error: unknown): NonNullable<Facts["obstacle"]> {
  if (isKubeError(error) && error.code === 401) return { kind: "unauthenticated", message: error.message };
  if (error instanceof KubeUnreachableError) return { kind: "unreachable", message: error.message };
  throw error;
}
