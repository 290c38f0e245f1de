import type { KubeObject } from "@sandgate/contract";

/**
 * Where a kind lives in the API, with the type of its objects.
 *
 * @typeParam T - Never present at run time; it carries the object's type to the calls.
 */
export interface Resource<T extends KubeObject = KubeObject> {
  /** API group, "" for core. */
  readonly group: string;
  readonly version: string;
  /** Plural name as in the URL. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly __type?: T;
}

/** `v1`, or `group/version`. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}
