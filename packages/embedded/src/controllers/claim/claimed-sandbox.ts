import {
  LABEL_TEMPLATE_REF_HASH,
  LABEL_WARM_POOL_SANDBOX,
  ANNOTATION_POD_NAME,
  type Sandbox,
  type SandboxClaim,
  type SandboxTemplate,
  type Stored,
} from "@sandgate/contract";
import { SANDBOX_CLAIMS } from "@sandgate/kube";
import {
  ANNOTATION_TEMPLATE_REF,
  ANNOTATION_TRACE_CONTEXT,
  LABEL_CLAIM_UID,
  LABEL_LAUNCH_TYPE,
  LABEL_POD_TEMPLATE_HASH,
  LABEL_TEMPLATE_HASH,
} from "../extension-keys.ts";
import { nameHash } from "../name-hash.ts";
import { ownerReference } from "../owner.ts";
import { isSame } from "../same.ts";
import { ANNOTATION_SAFE_TO_EVICT, LABEL_CREATED_BY } from "../sandbox/system-keys.ts";
import { securePodSpec } from "../template/secure-defaults.ts";
import { mergeMetadata } from "./additional-metadata.ts";
import { withEnvironment } from "./claim-environment.ts";
import { mergeVolumeClaims } from "./claim-volumes.ts";

type Changes = Record<string, string | null>;

/** The sandbox that a claim makes where no pool has one for it. */
export function coldSandbox(claim: Stored<SandboxClaim>, template: SandboxTemplate): Sandbox {
  const { additionalPodMetadata = {}, env = [], volumeClaimTemplates = [] } = claim.spec;
  const volumes = mergeVolumeClaims(template, volumeClaimTemplates);
  const hash = { [LABEL_TEMPLATE_REF_HASH]: nameHash(template.metadata.name ?? "") };
  const identity: Record<string, string> = { ...identityLabels(claim), ...hash };
  const { labels = {}, annotations = {} } = template.spec.podTemplate.metadata ?? {};
  const metadata = mergeMetadata(
    { labels: systemOver(labels, identity), annotations },
    additionalPodMetadata,
  );
  const spec = withEnvironment(securePodSpec(template), env, template);
  return {
    metadata: {
      name: claim.metadata.name,
      namespace: claim.metadata.namespace ?? "default",
      labels: { ...identity, [LABEL_LAUNCH_TYPE]: "cold" },
      annotations: {
        ...traceContext(claim),
        [ANNOTATION_TEMPLATE_REF]: template.metadata.name ?? "",
      },
      ownerReferences: [ownerReference(SANDBOX_CLAIMS, claim)],
    },
    spec: {
      podTemplate: { metadata: withoutEmpty(metadata), spec },
      ...(volumes.length === 0 ? {} : { volumeClaimTemplates: volumes }),
      ...(template.spec.service === undefined ? {} : { service: template.spec.service }),
    },
  };
}

/** The merge patch that makes a pool's sandbox the claim's. It fails where the sandbox has changed since it was read. */
export function adoptionPatch(
  sandbox: Stored<Sandbox>,
  claim: Stored<SandboxClaim>,
  template: SandboxTemplate | undefined,
): object {
  const hash =
    sandbox.metadata.labels?.[LABEL_TEMPLATE_REF_HASH] ??
    (template === undefined ? undefined : nameHash(template.metadata.name ?? ""));
  const labels: Changes = {
    [LABEL_WARM_POOL_SANDBOX]: null,
    [LABEL_POD_TEMPLATE_HASH]: null,
    [LABEL_TEMPLATE_HASH]: null,
    [LABEL_CREATED_BY]: null,
    [LABEL_LAUNCH_TYPE]: "warm",
    ...identityLabels(claim),
    ...(hash === undefined ? {} : { [LABEL_TEMPLATE_REF_HASH]: hash }),
  };
  return {
    metadata: {
      uid: sandbox.metadata.uid,
      resourceVersion: sandbox.metadata.resourceVersion,
      ownerReferences: [ownerReference(SANDBOX_CLAIMS, claim)],
      labels,
      annotations: { [ANNOTATION_POD_NAME]: sandbox.metadata.name, ...traceContext(claim) },
    },
    spec: { podTemplate: { metadata: templateMetadataPatch(sandbox, claim, template, hash) ?? {} } },
  };
}

/** What a claim's sandbox still lacks of what the claim and its template say; null where nothing does. */
export function claimedPatch(
  sandbox: Stored<Sandbox>,
  claim: Stored<SandboxClaim>,
  template: SandboxTemplate | undefined,
  launchType: "warm" | "cold",
): object | null {
  const labels: Changes = {};
  const known = sandbox.metadata.labels ?? {};
  if (known[LABEL_LAUNCH_TYPE] === undefined) labels[LABEL_LAUNCH_TYPE] = launchType;
  let metadata: object | null = null;
  if (template !== undefined) {
    const hash = nameHash(template.metadata.name ?? "");
    if (known[LABEL_TEMPLATE_REF_HASH] !== hash) labels[LABEL_TEMPLATE_REF_HASH] = hash;
    const createdBy = claim.metadata.labels?.[LABEL_CREATED_BY] ?? "";
    if (createdBy === "") {
      if (known[LABEL_CREATED_BY] !== undefined) labels[LABEL_CREATED_BY] = null;
    } else if (known[LABEL_CREATED_BY] !== createdBy) {
      labels[LABEL_CREATED_BY] = createdBy;
    }
    metadata = templateMetadataPatch(sandbox, claim, template, hash);
  }
  if (Object.keys(labels).length === 0 && metadata === null) return null;
  return {
    metadata: { uid: sandbox.metadata.uid, labels },
    ...(metadata === null ? {} : { spec: { podTemplate: { metadata } } }),
  };
}

/** Turns the pod template's metadata into exactly what template and claim say together. */
function templateMetadataPatch(
  sandbox: Sandbox,
  claim: Stored<SandboxClaim>,
  template: SandboxTemplate | undefined,
  hash: string | undefined,
): object | null {
  const present = sandbox.spec.podTemplate.metadata;
  const base = template === undefined ? membersOfPool(present) : template.spec.podTemplate.metadata;
  const labels = systemOver(base?.labels ?? {}, {
    ...identityLabels(claim),
    ...(hash === undefined ? {} : { [LABEL_TEMPLATE_REF_HASH]: hash }),
  });
  const wanted = mergeMetadata(
    { labels, annotations: base?.annotations ?? {} },
    claim.spec.additionalPodMetadata ?? {},
  );
  const before = { labels: present?.labels ?? {}, annotations: present?.annotations ?? {} };
  if (isSame(before, wanted)) return null;
  const isBare = Object.keys(wanted.annotations).length === 0;
  return {
    labels: changes(before.labels, wanted.labels),
    annotations: isBare ? null : changes(before.annotations, wanted.annotations),
  };
}

/** A template's labels with the system's over them; who made the claim is never read from the template. */
function systemOver(
  labels: Readonly<Record<string, string>>,
  system: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = Object.entries(labels).filter(([key]) => key !== LABEL_CREATED_BY);
  return { ...Object.fromEntries(own), ...system };
}

/** Without the template to go by, what the pool itself added is all that is taken away. */
function membersOfPool(present: Sandbox["spec"]["podTemplate"]["metadata"]): typeof present {
  const annotations = { ...present?.annotations };
  if (annotations[ANNOTATION_SAFE_TO_EVICT] === "true") delete annotations[ANNOTATION_SAFE_TO_EVICT];
  return { labels: { ...present?.labels }, annotations };
}

/** Members of a merge patch that turn one map into the other. */
function changes(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): Changes {
  const result: Changes = {};
  for (const key of Object.keys(before)) if (after[key] === undefined) result[key] = null;
  for (const [key, value] of Object.entries(after)) if (before[key] !== value) result[key] = value;
  return result;
}

function identityLabels(claim: Stored<SandboxClaim>): Record<string, string> {
  const createdBy = claim.metadata.labels?.[LABEL_CREATED_BY] ?? "";
  return {
    [LABEL_CLAIM_UID]: claim.metadata.uid,
    ...(createdBy === "" ? {} : { [LABEL_CREATED_BY]: createdBy }),
  };
}

function traceContext(claim: SandboxClaim): Record<string, string> {
  const trace = claim.metadata.annotations?.[ANNOTATION_TRACE_CONTEXT];
  return trace === undefined ? {} : { [ANNOTATION_TRACE_CONTEXT]: trace };
}

function withoutEmpty({ labels, annotations }: ReturnType<typeof mergeMetadata>): {
  labels: Record<string, string>;
  annotations?: Record<string, string>;
} {
  return Object.keys(annotations).length === 0 ? { labels } : { labels, annotations };
}
