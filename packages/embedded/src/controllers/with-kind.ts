import type { KubeObject, Stored } from "@sandgate/contract";
import { apiVersionOf, type Resource } from "@sandgate/kube";

/** The object with its kind, which items of a list do not carry and an event about it has to name. */
export function withKind<T extends KubeObject>(resource: Resource<T>, object: Stored<T>): Stored<T> {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
}
