import type { SandboxTemplate, VolumeClaimTemplate } from "@sandgate/contract";
import { ClaimFailure } from "./claim-failure.ts";

/**
 * The volume claims of a cold sandbox: the template's, with the claim's as the template's policy allows.
 *
 * @throws ClaimFailure VolumeClaimTemplatesError where the policy forbids them or a name is empty or doubled.
 */
export function mergeVolumeClaims(
  template: SandboxTemplate,
  claimed: readonly VolumeClaimTemplate[],
): VolumeClaimTemplate[] {
  const { volumeClaimTemplates: own = [], volumeClaimTemplatesPolicy: policy = "Disallowed" } = template.spec;
  if (claimed.length === 0) {
    checkNames(own, "invalid volume claim templates in template");
    return own;
  }
  checkNames(own, `${FAILED}: template`);
  checkNames(claimed, `${FAILED}: claim`);
  if (policy === "Disallowed")
    throw failure(`${FAILED}: volume claim templates are disallowed by the template`);
  const byName = new Map(claimed.map((one) => [one.metadata.name, one]));
  const shared = own.find((one) => byName.has(one.metadata.name));
  if (policy === "Allowed" && shared !== undefined) {
    throw failure(
      `${FAILED}: overriding volume claim templates is forbidden by the template: ` +
        `cannot override template volume ${JSON.stringify(shared.metadata.name)}`,
    );
  }
  const ownNames = new Set(own.map((one) => one.metadata.name));
  return [
    ...own.map((one) => byName.get(one.metadata.name) ?? one),
    ...claimed.filter((one) => !ownNames.has(one.metadata.name)),
  ];
}

const FAILED = "failed to merge volume claim templates";

function checkNames(claims: readonly VolumeClaimTemplate[], where: string): void {
  const seen = new Set<string>();
  for (const [index, { metadata }] of claims.entries()) {
    const name = metadata?.name ?? "";
    if (name === "")
      throw failure(`${where}: invalid volume claim templates: name at index ${index} is empty`);
    if (seen.has(name))
      throw failure(`${where}: invalid volume claim templates: duplicate name ${JSON.stringify(name)}`);
    seen.add(name);
  }
}

function failure(message: string): ClaimFailure {
  return new ClaimFailure("VolumeClaimTemplatesError", message);
}
