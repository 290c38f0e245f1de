import type { KubeObject, PodSpec } from "@sandgate/contract";
import type { Resource } from "@sandgate/kube";
import { RELEASES, type Release, type ReleaseFacts } from "./releases.ts";

/** How users of one release write what the cases say. */
export interface Dialect {
  readonly facts: ReleaseFacts;
  readonly sandboxes: Resource;
  readonly templates: Resource;
  readonly claims: Resource;
  readonly pools: Resource;
  sandbox(metadata: KubeObject["metadata"], pod: PodSpec): KubeObject;
  template(name: string, pod: PodSpec): KubeObject;
  pool(name: string, template: string, replicas: number): KubeObject;
  claim(name: string, names: { template: string; pool: string }): KubeObject;
  /** Merge patches of a Sandbox. */
  readonly suspend: object;
  readonly resume: object;
  /** The sandbox that a claim got, undefined while it has none. */
  claimed(claim: KubeObject): string | undefined;
}

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
  const extensions = "extensions.agents.x-k8s.io";
  const byReplicas = facts.suspendBy === "replicas";
  return {
    facts,
    sandboxes: resource("agents.x-k8s.io", "Sandbox", "sandboxes"),
    templates: resource(extensions, "SandboxTemplate", "sandboxtemplates"),
    claims: resource(extensions, "SandboxClaim", "sandboxclaims"),
    pools: resource(extensions, "SandboxWarmPool", "sandboxwarmpools"),
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
    suspend: { spec: byReplicas ? { replicas: 0 } : { operatingMode: "Suspended" } },
    resume: { spec: byReplicas ? { replicas: 1 } : { operatingMode: "Running" } },
    claimed(claim) {
      const { status } = claim as { status?: { sandbox?: { name?: string; Name?: string } } };
      // Written with a capital letter up to v0.2.1.
      return status?.sandbox?.name ?? status?.sandbox?.Name;
    },
  };
}
