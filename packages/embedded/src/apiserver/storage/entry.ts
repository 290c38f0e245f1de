import type { KubeObject } from "@sandgate/contract";

/** Any object with the members that the server itself looks into. */
export interface AnyObject extends KubeObject {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

/** One stored state of one object. Never changed: a write makes a new entry. */
export interface Entry {
  readonly id: number;
  /** `group/plural` of the kind's storage. */
  readonly bucket: string;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  /** In which the object is stored. */
  readonly apiVersion: string;
  readonly revision: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerUids: readonly string[];
  readonly deleting: boolean;
  /** The whole object, `metadata.resourceVersion` included. */
  readonly json: string;
}

export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  /** For DELETED the last state, with the revision of the deletion. */
  readonly entry: Entry;
  readonly previous: Entry | undefined;
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});
const NO_OWNERS: readonly string[] = Object.freeze([]);

export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

/** The object of an entry, the caller's own to change. */
export function parseEntry(entry: Entry): AnyObject {
  return JSON.parse(entry.json) as AnyObject;
}

/** Puts a state under a revision; `object.metadata.resourceVersion` is set in passing. */
export function makeEntry(id: number, bucket: string, object: KubeObject, revision: number): Entry {
  const { metadata } = object;
  metadata.resourceVersion = String(revision);
  return entryOf(id, bucket, object, revision, JSON.stringify(object));
}

/** As `makeEntry`, for text that is already as it is to be served. */
export function entryOf(
  id: number,
  bucket: string,
  object: KubeObject,
  revision: number,
  json: string,
): Entry {
  const { metadata } = object;
  const name = metadata.name ?? "";
  return {
    id,
    bucket,
    key: keyOf(metadata.namespace, name),
    namespace: metadata.namespace,
    name,
    uid: metadata.uid ?? "",
    apiVersion: object.apiVersion ?? "",
    revision,
    labels: metadata.labels ?? NONE,
    ownerUids: metadata.ownerReferences?.map((reference) => reference.uid) ?? NO_OWNERS,
    deleting: metadata.deletionTimestamp !== undefined,
    json,
  };
}
