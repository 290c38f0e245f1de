import type { Condition, KubeObject } from "../kubernetes/object.ts";
import type { PodTemplate } from "../kubernetes/pod.ts";

/** agents.x-k8s.io/v1beta1 and extensions.agents.x-k8s.io/v1beta1, as agent-sandbox v0.5.0 and later serve them. */
export interface Sandbox extends KubeObject {
  spec: SandboxSpec;
  status?: SandboxStatus;
}

export interface SandboxSpec {
  podTemplate: PodTemplate;
  volumeClaimTemplates?: VolumeClaimTemplate[];
  shutdownTime?: string;
  shutdownPolicy?: "Delete" | "Retain";
  operatingMode?: "Running" | "Suspended";
  /** Absent is not false: absent keeps an owned Service but never makes one. */
  service?: boolean;
}

export interface SandboxStatus {
  conditions?: Condition[];
  selector?: string;
  service?: string;
  serviceFQDN?: string;
  podIPs?: string[];
  nodeName?: string;
}

export interface VolumeClaimTemplate {
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: Record<string, unknown>;
}

export interface SandboxTemplate extends KubeObject {
  spec: {
    podTemplate: PodTemplate;
    networkPolicy?: { ingress?: unknown[]; egress?: unknown[] };
    networkPolicyManagement?: "Managed" | "Unmanaged";
    envVarsInjectionPolicy?: "Allowed" | "Overrides" | "Disallowed";
    volumeClaimTemplates?: VolumeClaimTemplate[];
    volumeClaimTemplatesPolicy?: "Disallowed" | "Allowed" | "Overrides";
    service?: boolean;
  };
}

export interface SandboxClaim extends KubeObject {
  spec: {
    warmPoolRef: { name: string };
    lifecycle?: {
      shutdownTime?: string;
      shutdownPolicy?: "Delete" | "DeleteForeground" | "Retain";
      ttlSecondsAfterFinished?: number;
    };
    additionalPodMetadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
    env?: { name: string; value: string; containerName?: string }[];
    volumeClaimTemplates?: VolumeClaimTemplate[];
  };
  status?: { conditions?: Condition[]; sandbox?: { name?: string; podIPs?: string[] } };
}

export interface SandboxWarmPool extends KubeObject {
  spec: {
    replicas?: number;
    sandboxTemplateRef: { name: string };
    updateStrategy?: { type?: "Recreate" | "OnReplenish" };
  };
  status?: { replicas?: number; readyReplicas?: number; selector?: string; observedGeneration?: number };
}
