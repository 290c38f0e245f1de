import {
  ANNOTATION_POD_NAME,
  LABEL_SANDBOX_NAME_HASH,
  type PersistentVolumeClaim,
  type Pod,
  type Sandbox,
  type Service,
  type Stored,
} from "@sandgate/contract";
import { SANDBOXES } from "@sandgate/kube";
import { nameHash } from "../name-hash.ts";
import { ownerReference, ownershipOf } from "../owner.ts";
import { isSame } from "../same.ts";
import { claimName, metadataPatch, newPod } from "./sandbox-pod.ts";
import { servicePorts } from "./service-ports.ts";
import { LABEL_ADOPTABLE } from "./system-keys.ts";

/** What a pass over one sandbox sees. */
export interface SandboxView {
  sandbox: Stored<Sandbox>;
  /** Every pod that this sandbox controls. */
  ownedPods: readonly Stored<Pod>[];
  /** The pod of the name that the sandbox tracks, whoever owns it. */
  namedPod: Stored<Pod> | undefined;
  /** The Service of the sandbox's name, whoever owns it. */
  service: Stored<Service> | undefined;
  /** Claims in the namespace by name. */
  claims: ReadonlyMap<string, Stored<PersistentVolumeClaim>>;
  nowMs: number;
}

/** What a sandbox consists of. What goes wrong with one part does not keep the others from being done. */
export type SandboxPart = "volumes" | "pod" | "service";

/** One write. Those of one part are done in their order, until one fails. */
export type SandboxAction =
  | { kind: "create-pod"; pod: Pod }
  | { kind: "patch-pod"; pod: Stored<Pod>; patch: object }
  | { kind: "delete-pod"; pod: Stored<Pod> }
  | { kind: "create-service"; service: Service }
  | { kind: "patch-service"; service: Stored<Service>; patch: object }
  | { kind: "delete-service"; service: Stored<Service> }
  | { kind: "create-claim"; claim: PersistentVolumeClaim }
  | { kind: "patch-claim"; claim: Stored<PersistentVolumeClaim>; patch: object }
  | { kind: "annotate-pod-name"; podName: string | null }
  | { kind: "delete-sandbox" };

export type SandboxErrors = Partial<Record<SandboxPart, string>>;

export interface SandboxPlan {
  actions: readonly SandboxAction[];
  /** The pod that the status tells of: the sandbox's own, or the one that stands in its way. */
  pod: Stored<Pod> | undefined;
  service: Stored<Service> | undefined;
  /** What keeps the parts from being as asked; told as ReconcilerError. */
  errors: SandboxErrors;
  expired: boolean;
}

/** Decides what to do about one sandbox. Pure. */
export function planSandbox(view: SandboxView): SandboxPlan {
  const expired = isExpired(view.sandbox, view.nowMs);
  if (expired) return planExpiry(view);
  // More than one pod: nothing is touched until a person has decided which one counts.
  if (view.ownedPods.length > 1)
    return { actions: [], pod: undefined, service: undefined, errors: {}, expired };
  const claims = planClaims(view);
  const pod = planPod(view);
  const service = planService(view);
  const errors: SandboxErrors = {};
  if (claims.error !== null) errors.volumes = claims.error;
  if (pod.error !== null) errors.pod = pod.error;
  if (service.error !== null) errors.service = service.error;
  return {
    actions: [...claims.actions, ...pod.actions, ...service.actions],
    pod: pod.pod,
    service: service.service,
    errors,
    expired,
  };
}

/** Which part a write belongs to. */
export function partOf(action: SandboxAction): SandboxPart {
  switch (action.kind) {
    case "create-claim":
    case "patch-claim":
      return "volumes";
    case "create-service":
    case "patch-service":
    case "delete-service":
      return "service";
    case "create-pod":
    case "patch-pod":
    case "delete-pod":
    case "annotate-pod-name":
    case "delete-sandbox":
      return "pod";
    default:
      return action satisfies never;
  }
}

/**
 * In how many milliseconds a sandbox has to be looked at again because its time comes; null if never. A time that came
 * since it was looked at counts: timers run out a millisecond early, and what is done takes a while.
 */
export function lookAgainInMs(sandbox: Sandbox, seenAtMs: number, nowMs: number): number | null {
  const dueMs = Date.parse(sandbox.spec.shutdownTime ?? "");
  return Number.isNaN(dueMs) || dueMs <= seenAtMs ? null : Math.max(dueMs - nowMs, 0);
}

export function isExpired(sandbox: Sandbox, nowMs: number): boolean {
  return Date.parse(sandbox.spec.shutdownTime ?? "") <= nowMs;
}

function planExpiry(view: SandboxView): SandboxPlan {
  const { sandbox, service, ownedPods } = view;
  const actions: SandboxAction[] = [];
  if (sandbox.spec.shutdownPolicy === "Delete") {
    if (sandbox.metadata.deletionTimestamp === undefined) actions.push({ kind: "delete-sandbox" });
    return { actions, pod: undefined, service: undefined, errors: {}, expired: true };
  }
  for (const pod of ownedPods) {
    if (pod.metadata.deletionTimestamp === undefined) actions.push({ kind: "delete-pod", pod });
  }
  if (service !== undefined && ownershipOf(service, sandbox) === "own")
    actions.push({ kind: "delete-service", service });
  return { actions, pod: undefined, service: undefined, errors: {}, expired: true };
}

type Part = { actions: SandboxAction[]; error: string | null };

function planPod(view: SandboxView): Part & { pod: Stored<Pod> | undefined } {
  const { sandbox } = view;
  const tracked = sandbox.metadata.annotations?.[ANNOTATION_POD_NAME];
  const pod = view.ownedPods[0] ?? view.namedPod;
  const actions: SandboxAction[] = [];
  if (sandbox.spec.operatingMode === "Suspended") {
    if (pod !== undefined && ownershipOf(pod, sandbox) === "own") {
      if (pod.metadata.deletionTimestamp === undefined) actions.push({ kind: "delete-pod", pod });
      return { actions, pod, error: null };
    }
    if (tracked !== undefined) actions.push({ kind: "annotate-pod-name", podName: null });
    return { actions, pod, error: null };
  }
  if (pod === undefined) {
    actions.push({ kind: "create-pod", pod: newPod(sandbox) });
    if (tracked !== sandbox.metadata.name)
      actions.push({ kind: "annotate-pod-name", podName: sandbox.metadata.name });
    return { actions, pod: undefined, error: null };
  }
  const adoption = adopt(pod, sandbox, "pod");
  if (adoption.error !== null) return { actions, pod: undefined, error: adoption.error };
  const metadata = metadataPatch(pod, sandbox);
  if (adoption.owner !== null || metadata !== null) {
    actions.push({ kind: "patch-pod", pod, patch: mergeMetadata(metadata, adoption.owner) });
  }
  if (tracked !== pod.metadata.name) actions.push({ kind: "annotate-pod-name", podName: pod.metadata.name });
  return { actions, pod, error: null };
}

function planService(view: SandboxView): Part & { service: Stored<Service> | undefined } {
  const { sandbox, service } = view;
  const wanted = sandbox.spec.service;
  const hash = nameHash(sandbox.metadata.name);
  const labels = { [LABEL_SANDBOX_NAME_HASH]: hash };
  const ports = servicePorts(sandbox.spec);
  if (service === undefined) {
    if (wanted !== true) return { actions: [], service: undefined, error: null };
    const made: Service = {
      metadata: {
        name: sandbox.metadata.name,
        namespace: sandbox.metadata.namespace ?? "default",
        labels,
        ownerReferences: [ownerReference(SANDBOXES, sandbox)],
      },
      spec: { clusterIP: "None", selector: labels, ...(ports.length === 0 ? {} : { ports }) },
    };
    return { actions: [{ kind: "create-service", service: made }], service: undefined, error: null };
  }
  const ownership = ownershipOf(service, sandbox);
  if (wanted === false) {
    const actions: SandboxAction[] = ownership === "own" ? [{ kind: "delete-service", service }] : [];
    return { actions, service: undefined, error: null };
  }
  if (wanted === undefined && ownership === "none") return { actions: [], service: undefined, error: null };
  const adoption = adopt(service, sandbox, "service");
  if (adoption.error !== null) return { actions: [], service: undefined, error: adoption.error };
  const clusterIp = service.spec?.clusterIP ?? "";
  if (adoption.owner !== null && clusterIp !== "" && clusterIp !== "None") {
    const error = `cannot adopt service "${service.metadata.name}": ClusterIP is "${clusterIp}" (expected "None", field is immutable)`;
    return { actions: [], service: undefined, error };
  }
  const spec: Record<string, unknown> = {};
  if (!isSame(service.spec?.selector, labels)) spec["selector"] = labels;
  if (wanted === true && !isSame(portsOf(service), ports)) spec["ports"] = ports;
  const metadata =
    service.metadata.labels?.[LABEL_SANDBOX_NAME_HASH] === hash ? null : { metadata: { labels } };
  if (adoption.owner === null && metadata === null && Object.keys(spec).length === 0)
    return { actions: [], service, error: null };
  const patch = {
    ...mergeMetadata(metadata, adoption.owner),
    ...(Object.keys(spec).length === 0 ? {} : { spec }),
  };
  return { actions: [{ kind: "patch-service", service, patch }], service, error: null };
}

/** The members of a Service's ports that the controller sets. */
function portsOf(service: Service): unknown {
  return (service.spec?.ports ?? []).map(({ name, protocol, port, targetPort }) => ({
    name,
    protocol,
    port,
    targetPort,
  }));
}

function planClaims(view: SandboxView): Part {
  const { sandbox } = view;
  const actions: SandboxAction[] = [];
  for (const template of sandbox.spec.volumeClaimTemplates ?? []) {
    const name = claimName(template.metadata.name, sandbox.metadata.name);
    const claim = view.claims.get(name);
    const labels = {
      ...template.metadata.labels,
      [LABEL_SANDBOX_NAME_HASH]: nameHash(sandbox.metadata.name),
    };
    if (claim === undefined) {
      actions.push({
        kind: "create-claim",
        claim: {
          metadata: {
            name,
            namespace: sandbox.metadata.namespace ?? "default",
            labels,
            ...(template.metadata.annotations === undefined
              ? {}
              : { annotations: template.metadata.annotations }),
            ownerReferences: [ownerReference(SANDBOXES, sandbox)],
          },
          spec: template.spec,
        },
      });
      continue;
    }
    const adoption = adopt(claim, sandbox, "PVC");
    if (adoption.error !== null) return { actions, error: adoption.error };
    if (adoption.owner !== null) {
      actions.push({
        kind: "patch-claim",
        claim,
        patch: mergeMetadata({ metadata: { labels } }, adoption.owner),
      });
    }
  }
  return { actions, error: null };
}

/**
 * Whether an object of the right name may be taken over: only one that nobody controls, and that carries the mark of a pool
 * or this sandbox's own label.
 */
function adopt(
  object: Stored<Pod> | Stored<Service> | Stored<PersistentVolumeClaim>,
  sandbox: Stored<Sandbox>,
  what: string,
): { owner: object | null; error: string | null } {
  const { name, labels, ownerReferences = [] } = object.metadata;
  const controller = ownerReferences.find((reference) => reference.controller === true);
  const ownership = ownershipOf(object, sandbox);
  if (ownership === "own") return { owner: null, error: null };
  if (ownership === "other") {
    const owner = `${controller?.kind}/${controller?.name} (UID: ${controller?.uid})`;
    return {
      owner: null,
      error: `${what} "${name}" is owned by ${owner}, not by sandbox "${sandbox.metadata.name}"`,
    };
  }
  const allowed =
    labels?.[LABEL_ADOPTABLE] === "true" ||
    labels?.[LABEL_SANDBOX_NAME_HASH] === nameHash(sandbox.metadata.name);
  if (!allowed) {
    const error =
      `cannot adopt unowned ${what} "${name}": missing required pool authorization label ("${LABEL_ADOPTABLE}") ` +
      `or sandbox tracking label ("${LABEL_SANDBOX_NAME_HASH}")`;
    return { owner: null, error };
  }
  return {
    owner: { ownerReferences: [...ownerReferences, ownerReference(SANDBOXES, sandbox)] },
    error: null,
  };
}

function mergeMetadata(patch: { metadata?: object } | null, owner: object | null): object {
  const metadata = patch?.metadata;
  return { metadata: { ...metadata, ...owner } };
}
