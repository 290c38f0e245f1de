interface Version {
  name: string;
  served: boolean;
  storage: boolean;
  subresources: object;
  schema: object;
}

interface CustomResourceDefinition {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    group: string;
    scope: string;
    names: { plural: string; singular: string; kind: string; listKind: string };
    versions: Version[];
  };
}

/** The agent-sandbox kinds as far as their clients' requests need them; the real definitions are the product's own. */
export const customResourceDefinitions = [
  definition("agents.x-k8s.io", "Sandbox", "sandboxes"),
  definition("extensions.agents.x-k8s.io", "SandboxClaim", "sandboxclaims"),
  definition("extensions.agents.x-k8s.io", "SandboxTemplate", "sandboxtemplates"),
  definition("extensions.agents.x-k8s.io", "SandboxWarmPool", "sandboxwarmpools"),
];

function definition(group: string, kind: string, plural: string): CustomResourceDefinition {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: "v1beta1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } },
        },
      ],
    },
  };
}
