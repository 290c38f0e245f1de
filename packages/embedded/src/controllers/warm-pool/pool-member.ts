import {
  LABEL_TEMPLATE_REF_HASH,
  LABEL_WARM_POOL_SANDBOX,
  type Sandbox,
  type SandboxTemplate,
  type SandboxWarmPool,
  type Stored,
} from "@sandgate/contract";
import { SANDBOX_WARM_POOLS } from "@sandgate/kube";
import {
  ANNOTATION_TEMPLATE_REF,
  LABEL_LAUNCH_TYPE,
  LABEL_POD_TEMPLATE_HASH,
  LABEL_TEMPLATE_HASH,
} from "../extension-keys.ts";
import { nameHash } from "../name-hash.ts";
import { ownerReference } from "../owner.ts";
import { ANNOTATION_SAFE_TO_EVICT, LABEL_CREATED_BY } from "../sandbox/system-keys.ts";
import { blueprintHash, contentHash } from "../template/blueprint.ts";
import { securePodSpec } from "../template/secure-defaults.ts";

/** A new member of a pool. The server makes its name from the pool's. */
export function poolMember(pool: Stored<SandboxWarmPool>, template: SandboxTemplate): Sandbox {
  const { podTemplate, volumeClaimTemplates, service } = template.spec;
  const templateName = pool.spec.sandboxTemplateRef.name;
  const labels = {
    [LABEL_WARM_POOL_SANDBOX]: nameHash(pool.metadata.name),
    [LABEL_TEMPLATE_REF_HASH]: nameHash(templateName),
    [LABEL_POD_TEMPLATE_HASH]: contentHash(podTemplate),
    [LABEL_TEMPLATE_HASH]: blueprintHash(template),
  };
  return {
    metadata: {
      generateName: `${pool.metadata.name}-`,
      namespace: pool.metadata.namespace ?? "default",
      labels: { ...labels, [LABEL_LAUNCH_TYPE]: "warm", [LABEL_CREATED_BY]: "controller" },
      annotations: { [ANNOTATION_TEMPLATE_REF]: templateName },
      ownerReferences: [ownerReference(SANDBOX_WARM_POOLS, pool)],
    },
    spec: {
      podTemplate: {
        metadata: {
          labels: { ...podTemplate.metadata?.labels, ...labels },
          // Nobody works in it yet: a node that has to go may take it along.
          annotations: { [ANNOTATION_SAFE_TO_EVICT]: "true", ...podTemplate.metadata?.annotations },
        },
        spec: securePodSpec(template),
      },
      ...(volumeClaimTemplates === undefined ? {} : { volumeClaimTemplates }),
      ...(service === undefined ? {} : { service }),
    },
  };
}
