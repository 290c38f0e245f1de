import type { KubeObject } from "@sandgate/contract";
import type { Schema } from "../schema/schema.ts";

/** One kind in one served version: a row from which discovery, OpenAPI, storage and every verb are derived. */
export interface ResourceDefinition {
  /** "" for core. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Group and version in which objects are stored; the row's own but for converted kinds and `events.k8s.io`. */
  readonly storage: { readonly group: string; readonly version: string };
  readonly schema: Schema;
  readonly columns: readonly PrinterColumn[];
  readonly subresources: {
    readonly status?: boolean;
    readonly scale?: ScalePaths;
    /** Subresources that are not a view of the object, as `log` and `exec` of pods. */
    readonly other?: readonly string[];
  };
  /** Sent as `Warning` header with every answer. */
  readonly deprecationWarning?: string;
  /** True for kinds that a CustomResourceDefinition declared. */
  readonly custom: boolean;
  /** Field selectors besides metadata.name and metadata.namespace: label in the selector and path in the object. */
  readonly selectableFields: readonly string[];
  /** How an object gets from one version of the kind to another; absent: by its `apiVersion` alone. */
  readonly conversion?: VersionConversion;
  readonly strategy: ResourceStrategy;
}

export type VersionConversion =
  | { readonly strategy: "None" }
  /** By the server's own rules for the kinds of agent-sandbox. */
  | { readonly strategy: "AgentSandbox" }
  | { readonly strategy: "Webhook"; readonly url: string; readonly caPem?: string };

export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** A column of `kubectl get`, as in a CustomResourceDefinition; `value` instead of `jsonPath` for built-in kinds. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown, anything above only with `-o wide`. */
  readonly priority?: number;
  readonly jsonPath?: string;
  readonly value?: (object: KubeObject, now: number) => string | number | boolean | null;
}

/** A problem with one field, as in `details.causes` of a 422. */
export interface FieldError {
  /** Path as kubectl prints it: `spec.containers[0].name`. */
  readonly field: string;
  readonly reason:
    | "FieldValueInvalid"
    | "FieldValueRequired"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueNotFound"
    | "FieldValueDuplicate"
    | "FieldValueTooLong"
    | "FieldValueTypeInvalid"
    | "FieldValueTooMany";
  readonly message: string;
}

/** What a kind does beyond its schema. Every member may be left out. */
export interface ResourceStrategy {
  /**
   * Fills in what absent members mean, in place and to the same effect however often. Whoever writes the object owns
   * these members, unlike those that the other two set, which come after.
   */
  readonly defaults?: (object: KubeObject) => void;
  /** Fills what the server owns, in place, before validation. `status` is already cut if it is a subresource. */
  readonly prepareCreate?: (object: KubeObject) => void;
  readonly prepareUpdate?: (object: KubeObject, previous: KubeObject) => void;
  readonly validate?: (object: KubeObject, previous: KubeObject | undefined) => readonly FieldError[];
  /** Warnings for an accepted write. */
  readonly warnings?: (object: KubeObject) => readonly string[];
  /** Seconds an object stays with `deletionTimestamp` until something deletes it with 0; 0 or absent: goes at once. */
  readonly gracePeriodSeconds?: (object: KubeObject, requested: number | undefined) => number;
  /** Whether a PUT has to carry a `resourceVersion`, as it has to for every custom kind. */
  readonly needsVersion?: boolean;
  /** Whether `metadata.generation` counts changes of everything but metadata and status. */
  readonly generation?: boolean;
}

/** `group/version` as objects carry it; the version alone for core. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === "" ? version : `${group}/${version}`;
}
