import { randomUUID } from "node:crypto";
import type { KubeObject } from "@sandgate/contract";
import { keyOf } from "../storage/entry.ts";
import { type Api, timestamp } from "./api.ts";

const BASE_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Makes what every cluster has: the first namespaces, and a ServiceAccount `default` in each namespace. */
export function ensureBaseObjects(api: Api): void {
  for (const name of BASE_NAMESPACES) {
    if (api.store.get("/namespaces", name) !== undefined) continue;
    api.store.create("/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name,
        uid: randomUUID(),
        creationTimestamp: timestamp(api.now()),
        labels: { "kubernetes.io/metadata.name": name },
      },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    } as KubeObject);
  }
  for (const entry of api.store.bucket("/namespaces").entries.values()) {
    if (!entry.deleting) ensureServiceAccount(api, entry.name);
  }
}

/** Makes the ServiceAccount that pods have who name none. */
export function ensureServiceAccount(api: Api, namespace: string): void {
  if (api.store.get("/serviceaccounts", keyOf(namespace, "default")) !== undefined) return;
  api.store.create("/serviceaccounts", {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace, uid: randomUUID(), creationTimestamp: timestamp(api.now()) },
  });
}
