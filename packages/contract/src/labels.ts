/** Labels and annotations: upstream's words for upstream's things, ours under `sandgate.dev/`. */
export const LABEL_SANDBOX_NAME_HASH = "agents.x-k8s.io/sandbox-name-hash";
export const LABEL_TEMPLATE_REF_HASH = "agents.x-k8s.io/sandbox-template-ref-hash";
export const LABEL_WARM_POOL_SANDBOX = "agents.x-k8s.io/warm-pool-sandbox";
export const ANNOTATION_POD_NAME = "agents.x-k8s.io/pod-name";

/** Label on a Sandbox that names its user. The key is configurable; this is the default. */
export const LABEL_USER = "user";
/** Owner in the address where a Sandbox has no user label. */
export const DEFAULT_USER = "default";
/** Annotation on a Sandbox: the port that an address without one means. */
export const ANNOTATION_PORT = "sandgate.dev/port";
/**
 * Annotation on a Sandbox: ports whose programs are told their address and want it in every path, comma-separated, or `*` for
 * all. In path form their paths go on whole.
 */
export const ANNOTATION_KEEP_PREFIX = "sandgate.dev/keep-prefix";
/**
 * Annotation on a Sandbox: ports whose programs speak HTTP/2 without TLS by prior knowledge (h2c), as servers of gRPC do,
 * comma-separated, or `*` for all. Ports that their containers name so need none.
 */
export const ANNOTATION_H2C_PORTS = "sandgate.dev/h2c-ports";
/** Annotations on a Sandbox: its own limits within the gateway's bounds. Times are `90s`, `5m`, or plain seconds. */
export const ANNOTATION_CONNECT_TIMEOUT = "sandgate.dev/connect-timeout";
export const ANNOTATION_FIRST_BYTE_TIMEOUT = "sandgate.dev/first-byte-timeout";
export const ANNOTATION_IDLE_TIMEOUT = "sandgate.dev/idle-timeout";
/** Bytes of a request's body, as Kubernetes writes quantities: `10Mi`. */
export const ANNOTATION_MAX_BODY = "sandgate.dev/max-body";
/** Requests under way at once. */
export const ANNOTATION_MAX_IN_FLIGHT = "sandgate.dev/max-in-flight";
/** Every annotation on a Sandbox that the gateway reads. */
export const GATEWAY_ANNOTATIONS = [
  ANNOTATION_PORT,
  ANNOTATION_KEEP_PREFIX,
  ANNOTATION_H2C_PORTS,
  ANNOTATION_CONNECT_TIMEOUT,
  ANNOTATION_FIRST_BYTE_TIMEOUT,
  ANNOTATION_IDLE_TIMEOUT,
  ANNOTATION_MAX_BODY,
  ANNOTATION_MAX_IN_FLIGHT,
] as const;
/** Port that an address without one means, where nothing else says. */
export const DEFAULT_SANDBOX_PORT = 8888;
/** Name part of the image that the embedded node can run; any tag. */
export const RUNTIME_IMAGE = "sandgate.dev/runtime";
