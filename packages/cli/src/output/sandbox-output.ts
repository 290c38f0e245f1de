import type { KubeObject, Stored } from "@sandgate/contract";
import { stringify } from "yaml";
import type { ListedSandbox } from "../cluster/list-sandboxes.ts";

export type OutputFormat = "table" | "json" | "yaml";

/** A sandbox in `-o json` and `-o yaml`: what it is doing, and the object. */
export interface SandboxOutput {
  /** `user/name`, as in URLs. */
  address: string;
  namespace: string;
  /** As in the gateway's `GET /sandboxes`. */
  state: ListedSandbox["state"];
  reason: string;
  message: string;
  /** Name of its pod, null while there is none or it may not be read. */
  pod: string | null;
  podIps: readonly string[];
  /** The Sandbox in the version that the cluster serves. */
  object: Stored<KubeObject>;
}

export function sandboxOutput(listed: ListedSandbox, object: Stored<KubeObject>): SandboxOutput {
  const { address, namespace, state, reason, message, pod, podIps } = listed;
  const { managedFields: _, ...metadata } = object.metadata;
  return { address, namespace, state, reason, message, pod, podIps, object: { ...object, metadata } };
}

export function printed(value: unknown, format: "json" | "yaml"): string {
  return format === "json" ? JSON.stringify(value, null, 2) : stringify(value).trimEnd();
}
