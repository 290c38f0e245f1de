import type { VersionConversion } from "../registry/resource-definition.ts";
import type { CustomResourceDefinition } from "./custom-resource-definition.ts";

/** Kinds whose versions the server converts itself, whatever their definition says. */
const AGENT_SANDBOX = new Set([
  "sandboxes.agents.x-k8s.io",
  "sandboxclaims.extensions.agents.x-k8s.io",
  "sandboxtemplates.extensions.agents.x-k8s.io",
  "sandboxwarmpools.extensions.agents.x-k8s.io",
]);

/** Whether the server itself knows how the versions of a kind are converted. */
export function isAgentSandboxKind({ group, plural }: { group: string; plural: string }): boolean {
  return AGENT_SANDBOX.has(`${plural}.${group}`);
}

/** How objects of a definition get from one version to another. */
export function conversionOf({ spec }: CustomResourceDefinition): VersionConversion {
  if (isAgentSandboxKind({ group: spec.group, plural: spec.names.plural })) {
    return { strategy: "AgentSandbox" };
  }
  const { strategy, webhook } = spec.conversion ?? { strategy: "None" };
  const { url, caBundle } = webhook?.clientConfig ?? {};
  if (strategy !== "Webhook" || url === undefined) return { strategy: "None" };
  return {
    strategy: "Webhook",
    url,
    ...(caBundle === undefined ? {} : { caPem: Buffer.from(caBundle, "base64").toString("utf8") }),
  };
}
