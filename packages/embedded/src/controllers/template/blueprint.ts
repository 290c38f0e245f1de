import type { Sandbox, SandboxTemplate } from "@sandgate/contract";
import { nameHash } from "../name-hash.ts";
import { isSame } from "../same.ts";
import { securePodSpec } from "./secure-defaults.ts";

/** Hash of a JSON value, whatever the order of members. */
export function contentHash(value: unknown): string {
  return nameHash(JSON.stringify(value, sortedMembers) ?? "");
}

/** Hash of what a template gives its sandboxes: pod, volume claims and Service. */
export function blueprintHash({ spec }: SandboxTemplate): string {
  const { podTemplate, volumeClaimTemplates, service } = spec;
  return contentHash({ podTemplate, volumeClaimTemplates, service });
}

/** Whether a sandbox is what the template would make now. */
export function matchesBlueprint(template: SandboxTemplate, { spec }: Sandbox): boolean {
  const claims = ({ volumeClaimTemplates = [] }: SandboxTemplate["spec"] | Sandbox["spec"]): unknown =>
    volumeClaimTemplates.map((one) => ({ name: one.metadata.name, spec: one.spec }));
  return (
    isSame(securePodSpec(template), spec.podTemplate.spec) &&
    isSame(claims(template.spec), claims(spec)) &&
    template.spec.service === spec.service
  );
}

function sortedMembers(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
