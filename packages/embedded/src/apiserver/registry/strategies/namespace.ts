import type { KubeObject, Namespace } from "@sandgate/contract";
import type { ResourceStrategy } from "../resource-definition.ts";
import { checkName } from "../validation/checks.ts";
import { dnsLabel, dnsSubdomain } from "../validation/names.ts";

export const NAMESPACE_STRATEGY: ResourceStrategy = {
  defaults: label,
  prepareCreate(object) {
    const namespace = object as Namespace;
    const finalizers = namespace.spec?.finalizers ?? [];
    namespace.spec = { ...namespace.spec, finalizers: [...new Set([...finalizers, "kubernetes"])] };
    namespace.status = { phase: "Active" };
  },
  prepareUpdate(object, previous) {
    const { metadata, spec } = previous as Namespace;
    // What keeps a namespace is let go while it is deleted, and never by an update that leaves it out.
    const open = metadata.deletionTimestamp !== undefined && (object as Namespace).spec !== undefined;
    if (!open && spec !== undefined) (object as Namespace).spec = spec;
  },
  validate({ metadata }) {
    // A name that is none for any kind is told of elsewhere.
    const name = dnsSubdomain(metadata.name ?? "") === undefined ? metadata.name : undefined;
    return [...checkName("metadata.name", name, dnsLabel)];
  },
};

function label({ metadata }: KubeObject): void {
  if (metadata.name === undefined) return;
  metadata.labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
}
