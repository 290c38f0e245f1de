/** Labels and annotations that upstream keeps for itself: a pod template cannot set them. */
const RESERVED = ["agents.x-k8s.io/", "extensions.agents.x-k8s.io/"];

export const LABEL_CREATED_BY = "agents.x-k8s.io/created-by";
export const LABEL_ADOPTABLE = "agents.x-k8s.io/adoptable";
export const ANNOTATION_PROPAGATED_LABELS = "agents.x-k8s.io/propagated-labels";
export const ANNOTATION_PROPAGATED_ANNOTATIONS = "agents.x-k8s.io/propagated-annotations";
export const ANNOTATION_SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict";

export function isReservedKey(key: string): boolean {
  return RESERVED.some((prefix) => key.startsWith(prefix));
}

/** The values of `created-by` that are passed on; anything else counts as `unknown`. */
export function normalizeCreatedBy(value: string): string {
  return ["go-client", "python-client", "controller"].includes(value) ? value : "unknown";
}
