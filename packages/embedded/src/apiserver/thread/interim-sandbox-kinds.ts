import type { ResourceDefinition } from "../registry/resource-definition.ts";

/** The agent-sandbox kinds without their schemas, until their CustomResourceDefinitions are installed at the start. */
export function interimSandboxKinds(): readonly ResourceDefinition[] {
  return [
    row("agents.x-k8s.io", "Sandbox", "sandboxes"),
    row("extensions.agents.x-k8s.io", "SandboxClaim", "sandboxclaims"),
    row("extensions.agents.x-k8s.io", "SandboxTemplate", "sandboxtemplates"),
    row("extensions.agents.x-k8s.io", "SandboxWarmPool", "sandboxwarmpools"),
  ];
}

function row(group: string, kind: string, plural: string): ResourceDefinition {
  return {
    group,
    version: "v1beta1",
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    storage: { group, version: "v1beta1" },
    schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    columns: [],
    subresources: { status: true },
    custom: true,
    selectableFields: [],
    strategy: { generation: true },
  };
}
