import type { KubeObject, Logger, Stored } from "@sandgate/contract";
import type { KubeClient } from "../client/kube-client.ts";
import type { Resource } from "../client/resource.ts";

export type Change<T extends KubeObject> =
  | { type: "added"; object: Stored<T> }
  | { type: "modified"; object: Stored<T>; previous: Stored<T> }
  | { type: "deleted"; object: Stored<T> };

/** How an informer's view stands towards the server. */
export interface InformerHealth {
  /** True once the first list is complete; never false again. */
  synced: boolean;
  /** Epoch milliseconds of the last list, event or bookmark; 0 before the first. */
  seenAtMs: number;
  /** Last failure since then, null while connected. */
  error: string | null;
}

export interface InformerOptions<T extends KubeObject> {
  client: KubeClient;
  resource: Resource<T>;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Named indexes: each maps an object to the keys under which `byIndex` finds it. */
  indexes?: Readonly<Record<string, (object: Stored<T>) => readonly string[]>>;
  /** Cuts what nobody reads before an object is kept; identity and `resourceVersion` have to stay. */
  transform?: (object: Stored<T>) => Stored<T>;
  /** Whether an object, transformed, is kept; one that is not is treated as if it were not there. */
  keep?: (object: Stored<T>) => boolean;
  /**
   * How long a watch may be silent, in milliseconds, before it is taken for dead and opened anew; default 120,000. API
   * servers send a bookmark about every minute.
   */
  silenceMs?: number;
  /** Called after the store has the change. Must not throw. */
  onChange?: (change: Change<T>) => void;
  /** Called when `health` changes its `synced` or `error`. */
  onHealth?: (health: InformerHealth) => void;
  /** Called with each failed list or watch, before it is tried again. */
  onFailure?: (error: unknown) => void;
  logger?: Logger;
}

/** A local copy of one kind, kept by list and watch. */
export interface Informer<T extends KubeObject> {
  /** `namespace/name`, or `name` for cluster-scoped kinds. */
  get(key: string): Stored<T> | undefined;
  list(): Iterable<Stored<T>>;
  byIndex(index: string, key: string): readonly Stored<T>[];
  readonly size: number;
  readonly health: InformerHealth;
  /** Resource version up to which the copy is complete; null before the first list. */
  readonly version: string | null;
  /** Resolves when the first list is complete; rejects only if closed before. */
  readonly synced: Promise<void>;
  close(): Promise<void>;
}

/** Key of an object in an informer's store. */
export function objectKey(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  // Joined, not concatenated: that makes one string of it at once, where there are a hundred thousand.
  return namespace === undefined ? (name ?? "") : [namespace, name ?? ""].join("/");
}
