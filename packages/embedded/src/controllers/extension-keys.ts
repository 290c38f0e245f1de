/** Labels and annotations that claims and pools put on sandboxes, in upstream's words. */
export const LABEL_CLAIM_UID = "agents.x-k8s.io/claim-uid";
export const LABEL_LAUNCH_TYPE = "agents.x-k8s.io/launch-type";
export const LABEL_TEMPLATE_HASH = "agents.x-k8s.io/sandbox-template-hash";
export const LABEL_POD_TEMPLATE_HASH = "agents.x-k8s.io/sandbox-pod-template-hash";
export const ANNOTATION_TEMPLATE_REF = "agents.x-k8s.io/sandbox-template-ref";
/** On a claim: the sandbox that it has chosen, written before the sandbox is taken over. */
export const ANNOTATION_ASSIGNED_SANDBOX = "agents.x-k8s.io/sandbox-name";
export const ANNOTATION_FIRST_OBSERVED = "agents.x-k8s.io/controller-first-observed-at";
export const ANNOTATION_FIRST_READY = "agents.x-k8s.io/claim-first-ready-at";
export const ANNOTATION_TRACE_CONTEXT = "opentelemetry.io/trace-context";

export const EXTENSIONS_GROUP = "extensions.agents.x-k8s.io";
