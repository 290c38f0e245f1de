import { controllerOf, type KubeObject, type OwnerReference, type Stored } from "@sandgate/contract";
import { apiVersionOf, type Resource } from "@sandgate/kube";

/** The owner reference of a controller to an object that it made. */
export function ownerReference(resource: Resource, owner: Stored<KubeObject>): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export type Ownership = "own" | "none" | "other";

/** Whether the object is controlled by this owner, by nobody, or by something else. */
export function ownershipOf(object: KubeObject, owner: Stored<KubeObject>): Ownership {
  const controller = controllerOf(object);
  if (controller === undefined) return "none";
  return controller.uid === owner.metadata.uid ? "own" : "other";
}
