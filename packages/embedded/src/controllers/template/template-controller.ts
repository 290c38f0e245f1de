import type { Logger, NetworkPolicy, SandboxTemplate, Stored } from "@sandgate/contract";
import { controllerOf } from "@sandgate/contract";
import {
  createWorkQueue,
  NETWORK_POLICIES,
  objectKey,
  SANDBOX_TEMPLATES,
  type Informer,
  type KubeClient,
} from "@sandgate/kube";
import { tolerateExisting, tolerateMissing } from "../tolerate.ts";
import { networkPolicyName } from "./network-policy.ts";
import { planTemplate, type TemplateAction } from "./plan-template.ts";

export interface TemplateControllerOptions {
  client: KubeClient;
  templates: Informer<SandboxTemplate>;
  policies: Informer<NetworkPolicy>;
  logger: Logger;
}

export interface TemplateController {
  templateChanged(template: Stored<SandboxTemplate>): void;
  policyChanged(policy: Stored<NetworkPolicy>): void;
  close(): Promise<void>;
}

const WRITE = { fieldManager: "sandboxtemplate-controller" };

/** Keeps the network policy that the sandboxes of a managed template share. Keys are `namespace/name` of templates. */
export function createTemplateController(options: TemplateControllerOptions): TemplateController {
  const { client, templates, policies } = options;
  const queue = createWorkQueue({ work: reconcile, name: "template", logger: options.logger });

  async function reconcile(key: string): Promise<void> {
    const template = templates.get(key);
    if (template === undefined) return;
    const { namespace, name } = template.metadata;
    const plan = planTemplate(template, policies.get(`${namespace}/${networkPolicyName(name)}`));
    for (const action of plan.actions) await apply(template, action);
    if (plan.problem !== null) throw new Error(plan.problem);
  }

  async function apply(template: Stored<SandboxTemplate>, action: TemplateAction): Promise<void> {
    const { namespace, name } = template.metadata;
    switch (action.kind) {
      case "label": {
        const body = { metadata: { labels: action.labels } };
        await tolerateMissing(
          client.patch(SANDBOX_TEMPLATES, { namespace, name }, { type: "merge", body }, WRITE),
        );
        return;
      }
      case "create-policy":
        await tolerateExisting(client.create(NETWORK_POLICIES, action.policy, WRITE));
        return;
      case "replace-policy":
        await tolerateMissing(client.replace(NETWORK_POLICIES, action.policy, WRITE));
        return;
      case "delete-policy": {
        const { name: policy, uid } = action.policy.metadata;
        const target = { namespace, name: policy };
        await tolerateMissing(client.delete(NETWORK_POLICIES, target, { preconditions: { uid } }));
        return;
      }
      default:
        action satisfies never;
    }
  }

  return {
    templateChanged: (template) => queue.add(objectKey(template)),
    policyChanged(policy) {
      const owner = controllerOf(policy);
      if (owner?.kind === "SandboxTemplate") queue.add(`${policy.metadata.namespace}/${owner.name}`);
    },
    close: () => queue.close(),
  };
}
