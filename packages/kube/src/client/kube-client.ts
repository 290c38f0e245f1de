import type { KubeList, KubeObject, Stored } from "@sandgate/contract";
import type { WebSocket } from "ws";
import type { Resource } from "./resource.ts";

export interface ObjectKey {
  /** Absent for cluster-scoped kinds. */
  namespace?: string | undefined;
  name: string;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
}

export interface ListOptions extends RequestOptions {
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  limit?: number | undefined;
  continue?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: "NotOlderThan" | "Exact" | undefined;
}

export interface WatchOptions extends RequestOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion?: string | undefined;
  allowWatchBookmarks?: boolean | undefined;
  sendInitialEvents?: boolean | undefined;
  timeoutSeconds?: number | undefined;
  /** Called when the server has accepted the watch; the first event may be a long time coming. */
  onOpen?: (() => void) | undefined;
}

export type WatchEvent<T extends KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: Stored<T> }
  /** Only `metadata.resourceVersion` (and annotations) are meaningful. */
  | { type: "BOOKMARK"; object: T };

export interface WriteOptions extends RequestOptions {
  subresource?: "status" | "scale" | undefined;
  fieldManager?: string | undefined;
  dryRun?: boolean | undefined;
  /** `Strict`: an object with fields that the server does not know is refused, instead of losing them. */
  fieldValidation?: "Strict" | undefined;
}

export type Patch =
  | { type: "merge"; body: unknown }
  | { type: "json"; body: readonly unknown[] }
  | { type: "strategic"; body: unknown }
  | { type: "apply"; body: unknown; force?: boolean };

export interface DeleteOptions extends RequestOptions {
  gracePeriodSeconds?: number | undefined;
  propagationPolicy?: "Foreground" | "Background" | "Orphan" | undefined;
  preconditions?: { uid?: string; resourceVersion?: string } | undefined;
}

/**
 * Typed requests to one API server. Every method rejects with `KubeError` when the server answers with a failure
 * (`reason`, `code` and `details` as in its Status) and with `KubeUnreachableError` when it does not answer.
 */
export interface KubeClient {
  /** Base URL of the API server, without a trailing slash. */
  readonly server: string;
  get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: RequestOptions,
  ): Promise<Stored<T>>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<KubeList<Stored<T>>>;
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  /** PUT: refused with a conflict if `metadata.resourceVersion` is set and stale. */
  replace<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<Stored<T>>;
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void>;
  /** Ends when the server closes the stream, throws `KubeError` on an ERROR event (410 among them). */
  watch<T extends KubeObject>(resource: Resource<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** A request for anything else: discovery, logs. The caller consumes `body`. */
  request(path: string, options?: RawRequest): Promise<RawResponse>;
  /** Opens a WebSocket (exec, attach, port-forward); resolves once it is open. */
  connect(path: string, protocols: readonly string[], options?: RequestOptions): Promise<WebSocket>;
  /** Ends idle connections; running requests are aborted. Idempotent. */
  close(): Promise<void>;
}

export interface RawRequest extends RequestOptions {
  method?: string;
  query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
}

export interface RawResponse {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: AsyncIterable<Uint8Array> & { text(): Promise<string>; json(): Promise<unknown> };
}
