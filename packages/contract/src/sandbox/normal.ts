import type { Condition } from "../kubernetes/object.ts";
import type { ContainerPort } from "../kubernetes/pod.ts";

/** What a sandbox is doing, the same for every release of agent-sandbox. */
export type SandboxState =
  | "Ready"
  | "Starting"
  | "Suspended"
  | "Suspending"
  | "Expired"
  | "Failed"
  | "Succeeded"
  | "Missing";

/**
 * One Sandbox, whatever API version it was read in. The version adapter in `kube` makes it; nothing behind the
 * adapter knows that versions exist.
 */
export interface NormalSandbox {
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
  createdAtMs: number;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** What its owner asked for: `operatingMode`, or `replicas` before v0.5.0. */
  desired: "Running" | "Suspended";
  deleting: boolean;
  conditions: readonly Condition[];
  /** `status.podIPs`; empty where the release does not report them (before v0.3.10). */
  podIps: readonly string[];
  /** Name of the Service in `status.service`, null where the release made none. */
  service: string | null;
  serviceFqdn: string | null;
  /** TCP ports that the pod template's containers declare, in their order. */
  ports: readonly ContainerPort[];
  /** The pod's name if the Sandbox names one by annotation, else the Sandbox's own. */
  podName: string;
  /** Epoch milliseconds, null where none is set. */
  shutdownAtMs: number | null;
}

/** A state with the reason and message of the condition it was read from. */
export interface StateReason {
  state: SandboxState;
  reason: string;
  message: string;
}
