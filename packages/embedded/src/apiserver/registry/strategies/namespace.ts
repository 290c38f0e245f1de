import type { KubeObject, Namespace } from "@sandgate/contract";
import type { ResourceStrategy } from "../resource-definition.ts";

export const NAMESPACE_STRATEGY: ResourceStrategy = {
  prepareCreate(object) {
    const namespace = object as Namespace;
    label(namespace);
    const finalizers = namespace.spec?.finalizers ?? [];
    namespace.spec = { ...namespace.spec, finalizers: [...new Set([...finalizers, "kubernetes"])] };
    namespace.status = { phase: "Active" };
  },
  prepareUpdate(object, previous) {
    label(object);
    // Only the `finalize` subresource changes what keeps a namespace.
    const { spec } = previous as Namespace;
    if (spec !== undefined) (object as Namespace).spec = spec;
  },
};

function label({ metadata }: KubeObject): void {
  if (metadata.name === undefined) return;
  metadata.labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
}
