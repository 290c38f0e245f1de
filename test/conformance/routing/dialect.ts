import type { KubeObject, PodSpec } from "@sandgate/contract";
import { PODS, type Resource } from "@sandgate/kube";
import { LATEST, RELEASES, type Release, type ReleaseFacts } from "./releases.ts";

/** How users of one release write what the cases say. */
export interface Dialect {
  /** Whether conditions, reasons and labels are held to the letter. */
  readonly isLatest: boolean;
  readonly facts: ReleaseFacts;
  readonly sandboxes: Resource;
  readonly templates: Resource;
  readonly claims: Resource;
  readonly pools: Resource;
  /** What a warm pool holds. */
  readonly members: Resource;
  /** A kind in the version that the release serves; kinds that are not agent-sandbox's as they are. */
  spoken<T extends KubeObject>(resource: Resource<T>): Resource<T>;
  sandbox(metadata: KubeObject["metadata"], pod: PodSpec): KubeObject;
  template(name: string, pod: PodSpec): KubeObject;
  pool(name: string, template: string, replicas: number): KubeObject;
  claim(name: string, names: { template: string; pool: string }): KubeObject;
  /** What a claim that starts cold, as one with variables has to, names instead of its pool. */
  coldPool(pool: string): string;
  /** Merge patches of a Sandbox. */
  readonly suspend: object;
  readonly resume: object;
  /** From whom a template's network policy lets traffic in; null where there is none. */
  readonly admitted: object | null;
  /** The sandbox that a claim got, undefined while it has none. */
  claimed(claim: KubeObject): string | undefined;
}

/** Router pods, as a policy selects them; with the namespace they have to be in where that is not the sandbox's own. */
const ADMITTED: Record<ReleaseFacts["admits"], object | null> = {
  anybody: null,
  "the router in the sandbox's namespace": { podSelector: { matchLabels: { app: "sandbox-router" } } },
  "the router in agent-sandbox-system": {
    podSelector: { matchLabels: { app: "sandbox-router" } },
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "agent-sandbox-system" } },
  },
};

export function dialectOf(release: Release): Dialect {
  const facts: ReleaseFacts = RELEASES[release];
  const { version } = facts;
  const resource = (group: string, kind: string, plural: string): Resource => ({
    group,
    version,
    kind,
    plural,
    namespaced: true,
  });
  const object = (metadata: KubeObject["metadata"], spec: object): KubeObject =>
    ({ metadata, spec }) as KubeObject;
  const agents = "agents.x-k8s.io";
  const extensions = "extensions.agents.x-k8s.io";
  const sandboxes = resource(agents, "Sandbox", "sandboxes");
  const byReplicas = facts.suspendBy === "replicas";
  return {
    isLatest: release === LATEST,
    facts,
    sandboxes,
    templates: resource(extensions, "SandboxTemplate", "sandboxtemplates"),
    claims: resource(extensions, "SandboxClaim", "sandboxclaims"),
    pools: resource(extensions, "SandboxWarmPool", "sandboxwarmpools"),
    members: facts.poolHolds === "pods" ? PODS : sandboxes,
    spoken: (kind) => (kind.group === agents || kind.group === extensions ? { ...kind, version } : kind),
    sandbox: (metadata, pod) => object(metadata, { podTemplate: { spec: pod } }),
    template: (name, pod) => object({ name }, { podTemplate: { spec: pod } }),
    pool: (name, template, replicas) =>
      object({ name }, { replicas, sandboxTemplateRef: { name: template } }),
    claim(name, names) {
      const template = { sandboxTemplateRef: { name: names.template } };
      const specs = {
        template,
        "template and pool": { ...template, warmpool: names.pool },
        pool: { warmPoolRef: { name: names.pool } },
      };
      return object({ name }, specs[facts.claimNames]);
    },
    coldPool: (pool) => (facts.claimNames === "template and pool" ? "none" : pool),
    suspend: { spec: byReplicas ? { replicas: 0 } : { operatingMode: "Suspended" } },
    resume: { spec: byReplicas ? { replicas: 1 } : { operatingMode: "Running" } },
    admitted: ADMITTED[facts.admits],
    claimed(claim) {
      const { status } = claim as { status?: { sandbox?: { name?: string; Name?: string } } };
      // Written with a capital letter up to v0.2.1.
      return status?.sandbox?.name ?? status?.sandbox?.Name;
    },
  };
}
