import {
  LABEL_TEMPLATE_REF_HASH,
  type NetworkPolicy,
  type SandboxTemplate,
  type Stored,
} from "@sandgate/contract";
import { SANDBOX_TEMPLATES } from "@sandgate/kube";
import { nameHash } from "../name-hash.ts";
import { ownerReference, ownershipOf } from "../owner.ts";
import { isSame } from "../same.ts";
import { networkPolicyName, networkPolicySpec } from "./network-policy.ts";

export type TemplateAction =
  | { kind: "label"; labels: Record<string, string> }
  | { kind: "create-policy"; policy: NetworkPolicy }
  | { kind: "replace-policy"; policy: Stored<NetworkPolicy> }
  | { kind: "delete-policy"; policy: Stored<NetworkPolicy> };

export interface TemplatePlan {
  actions: readonly TemplateAction[];
  /** What a person has to settle; null if nothing. */
  problem: string | null;
}

/** Decides about one template: its label, and the network policy of its sandboxes. Pure. */
export function planTemplate(
  template: Stored<SandboxTemplate>,
  policy: Stored<NetworkPolicy> | undefined,
): TemplatePlan {
  const { name, namespace, labels } = template.metadata;
  const actions: TemplateAction[] = [];
  if (template.metadata.deletionTimestamp !== undefined) return { actions, problem: null };
  const hash = nameHash(name);
  if (labels?.[LABEL_TEMPLATE_REF_HASH] !== hash)
    actions.push({ kind: "label", labels: { [LABEL_TEMPLATE_REF_HASH]: hash } });
  const managed = (template.spec.networkPolicyManagement ?? "Managed") === "Managed";
  const own = policy !== undefined && ownershipOf(policy, template) === "own";
  if (!managed) {
    if (own) actions.push({ kind: "delete-policy", policy });
    return { actions, problem: null };
  }
  const spec = networkPolicySpec(template);
  if (policy === undefined) {
    const made = {
      metadata: {
        name: networkPolicyName(name),
        namespace: namespace ?? "default",
        ownerReferences: [ownerReference(SANDBOX_TEMPLATES, template)],
      },
      spec,
    };
    actions.push({ kind: "create-policy", policy: made });
    return { actions, problem: null };
  }
  if (!own) {
    const problem = `refusing to update NetworkPolicy "${policy.metadata.name}" as it is not controlled by SandboxTemplate "${name}"`;
    return { actions, problem };
  }
  if (!isSame(policy.spec ?? {}, spec)) actions.push({ kind: "replace-policy", policy: { ...policy, spec } });
  return { actions, problem: null };
}
