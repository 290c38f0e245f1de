export * from "./client/resource.ts";
export * from "./client/resources.ts";
export type * from "./client/kube-client.ts";
export {
  errorFromBody,
  isAlreadyExists,
  isConflict,
  isExpired,
  isKubeError,
  isNotFound,
  KubeError,
  KubeUnreachableError,
} from "./client/errors.ts";
export { createKubeClient, type KubeClientOptions } from "./client/create-kube-client.ts";
export { queryString, resourcePath } from "./client/paths.ts";
export type * from "./config/cluster-access.ts";
export { KubeconfigError, loadKubeconfig, type LoadKubeconfigOptions } from "./config/load-kubeconfig.ts";
export { inClusterAccess, isInCluster } from "./config/in-cluster-access.ts";
export * from "./reflector/informer.ts";
export { listPages } from "./reflector/list-pages.ts";
export { createBackoff, type Backoff } from "./reflector/backoff.ts";
export { createInformer } from "./reflector/create-informer.ts";
export { createWorkQueue, type WorkQueue, type WorkQueueOptions } from "./reflector/work-queue.ts";
export { createEventRecorder, type EventRecorder } from "./reflector/event-recorder.ts";
export { execInPod, type ExecInPodOptions } from "./exec/exec-in-pod.ts";
export {
  createPortForwardPool,
  type ForwardedPod,
  type PortForwardPool,
} from "./port-forward/port-forward-pool.ts";
export { openPortForward, type PortForwardTunnel } from "./port-forward/port-forward-tunnel.ts";
export { SpdySession, type SpdyStream } from "./port-forward/spdy/session.ts";
export { podLogs, type PodLogsOptions } from "./exec/pod-logs.ts";
export { choosePod } from "./adapter/choose-pod.ts";
export { discoverSandboxApi, sandboxResource, servedVersions } from "./adapter/discover-sandbox-api.ts";
export { normalizeSandbox } from "./adapter/normalize-sandbox.ts";
export { viewPod, type PodView } from "./adapter/pod-view.ts";
export { stateOf } from "./adapter/state-of.ts";
export {
  watchSandboxes,
  type SandboxEntry,
  type SandboxWatch,
  type SandboxWatchHealth,
  type WatchSandboxesOptions,
} from "./adapter/watch-sandboxes.ts";
