import type { ObjectMeta } from "@sandgate/contract";

/** What only the server sets, in the order in which it is shown. */
export const SERVER_METADATA = [
  "name",
  "generateName",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** What a client may set and change. */
export const CLIENT_METADATA = [
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
] as const;

/** The named members that are there, in this order. */
export function pickMetadata(metadata: ObjectMeta, fields: readonly (keyof ObjectMeta)[]): ObjectMeta {
  const present = fields.filter((field) => metadata[field] !== undefined && metadata[field] !== null);
  return Object.fromEntries(present.map((field) => [field, metadata[field]]));
}
