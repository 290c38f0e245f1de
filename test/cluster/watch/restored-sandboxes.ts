/** Ready sandboxes with their pods, as etcd keeps them. */
import { BOX, NAMESPACE, podStatus, readyCondition, type WrittenSandbox } from "./written-sandboxes.ts";

export interface Restored {
  /** Index of the first; those before it are there already. */
  first?: number;
  /** Index after the last. */
  count: number;
  user: string;
  podIp: string;
  port: number;
}

export function restoredSandbox(index: number): WrittenSandbox {
  return { name: `restored-${index}`, uid: uidOf("1", index) };
}

/** @returns Its key and the object in the stored version. */
export function storedSandbox(options: Restored, index: number): [string, object] {
  const { name, uid } = restoredSandbox(index);
  const object = {
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    metadata: { ...metadataOf(name, uid), labels: { user: options.user }, generation: 1 },
    spec: { operatingMode: "Running", podTemplate: { spec: { containers: [BOX(options.port)] } } },
    status: { conditions: [readyCondition(true)] },
  };
  return [`/registry/agents.x-k8s.io/sandboxes/${NAMESPACE}/${name}`, object];
}

export function storedPod(options: Restored, index: number): [string, object] {
  const { name, uid } = restoredSandbox(index);
  const owner = { apiVersion: "agents.x-k8s.io/v1beta1", kind: "Sandbox", name, uid, controller: true };
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadataOf(name, uidOf("2", index)), ownerReferences: [owner] },
    spec: { containers: [BOX(options.port)] },
    status: podStatus(options.podIp),
  };
  return [`/registry/pods/${NAMESPACE}/${name}`, object];
}

function metadataOf(name: string, uid: string): object {
  return { namespace: NAMESPACE, name, uid, creationTimestamp: "2026-01-01T00:00:00Z" };
}

function uidOf(kind: string, index: number): string {
  return `0000000${kind}-0000-4000-8000-${String(index).padStart(12, "0")}`;
}
