import { GATEWAY_KEYS, loadConfig } from "@sandgate/contract";
import { isKubeError, KubeUnreachableError, type KubeClient } from "@sandgate/kube";
import type { Facts, GatewaySettings } from "../facts.ts";
import { readCluster } from "./read-cluster.ts";
import { readDnsEndpoints } from "./read-dns-endpoints.ts";
import { readElsewhere } from "./read-elsewhere.ts";
import { readGateway } from "./read-gateway.ts";
import { readRights } from "./read-rights.ts";
import { readRuntimeClasses } from "./read-runtime-classes.ts";
import { addEvents, readSandboxes } from "./read-sandboxes.ts";
import { readServices } from "./read-services.ts";
import { createReading } from "./reading.ts";

export interface GatherOptions {
  client: KubeClient;
  /** What is known of the gateway's settings; the rest is read from the gateway in the cluster. */
  told: Partial<GatewaySettings>;
  /** The only namespace whose sandboxes are looked at; absent: the one that the gateway watches, or all. */
  namespace: string | undefined;
  /** The only name of sandboxes that are looked at; absent: any. */
  name?: string | undefined;
  signal: AbortSignal;
  /** Called with what is being read and how many there are so far. */
  onProgress: (what: string, count: number) => void;
}

/** Reads everything that the checks look at. Never rejects because of the cluster: what could not be read is a fact too. */
export async function gatherFacts(options: GatherOptions): Promise<Facts> {
  const { client, told, name, signal, onProgress } = options;
  const settingsWith = (gateway: Partial<GatewaySettings>): GatewaySettings =>
    loadConfig(GATEWAY_KEYS, { flags: { ...gateway, ...told } }).values;
  const reading = createReading(client, signal, onProgress);
  const facts: Facts = {
    server: client.server,
    settings: settingsWith({}),
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
    gatewayPods: null,
    gatewayServices: null,
    dnsEndpoints: null,
    elsewhere: { claims: [], namespaces: [] },
    unread: reading.unread,
  };
  try {
    Object.assign(facts, await readCluster(reading));
    // None of it is there in an embedded cluster.
    if (!facts.embedded) {
      facts.dnsEndpoints = await readDnsEndpoints(reading);
      const { rights, ...gateway } = await readGateway(reading, settingsWith);
      Object.assign(facts, gateway);
      facts.rights = rights;
    }
    const { settings } = facts;
    const namespace = options.namespace ?? settings.watchNamespace;
    // Where no gateway runs in the cluster, whoever asks is who would start one, outside of it.
    if ((facts.gatewayPods ?? []).length === 0) {
      const own = await readRights(reading, null, { namespace, portForward: !facts.embedded });
      facts.rights = own === null ? [] : [own];
    }
    facts.sandboxes = await readSandboxes(reading, facts.sandboxVersions, { settings, namespace, name });
    if (facts.sandboxes !== null) await addEvents(reading, facts.sandboxes);
    if (name !== undefined && facts.sandboxes !== null)
      facts.elsewhere = await readElsewhere(reading, facts, { namespace, name });
    facts.services = await readServices(reading, namespace);
    Object.assign(facts, await readRuntimeClasses(reading, facts.sandboxes));
  } catch (error) {
    signal.throwIfAborted();
    facts.obstacle = obstacleOf(error);
  }
  return facts;
}

function obstacleOf(error: unknown): NonNullable<Facts["obstacle"]> {
  if (isKubeError(error) && error.code === 401) return { kind: "unauthenticated", message: error.message };
  if (error instanceof KubeUnreachableError) return { kind: "unreachable", message: error.message };
  if (error instanceof SyntaxError)
    return { kind: "unreachable", message: "What answers there is no API server: it sends no JSON." };
  throw error;
}
