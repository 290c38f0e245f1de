import type { KubeObject, Stored } from "@sandgate/contract";

/** A Sandbox without what the normal form does not read; the pod template is most of its size. */
export function trimSandbox(object: Stored<KubeObject>): Stored<KubeObject> {
  const { metadata, spec, status } = object as Stored<KubeObject> & {
    spec?: Record<string, unknown> & {
      podTemplate?: { spec?: { containers?: { name: string; ports?: unknown }[] } };
    };
    status?: unknown;
  };
  const { managedFields: _managed, ...kept } = metadata;
  const { podTemplate, volumeClaimTemplates: _claims, ...rest } = spec ?? {};
  const containers = (podTemplate?.spec?.containers ?? []).map(({ name, ports }) => ({ name, ports }));
  return { metadata: kept, spec: { ...rest, podTemplate: { spec: { containers } } }, status } as never;
}
