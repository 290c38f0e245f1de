import { sandboxResource, SANDBOXES } from "@sandgate/kube";
import type { Check } from "../facts.ts";
import { finding, type Finding } from "../finding.ts";

/** Whether agent-sandbox is there, whole, and of a release that is known. */
export const checkApi: Check = ({ sandboxVersions, extensionVersions }) => {
  if (sandboxVersions === null) return [];
  if (sandboxVersions.length === 0)
    return [finding("CRDS_MISSING", "", `the cluster serves no ${SANDBOXES.group}`, {})];
  const found: Finding[] = [];
  const served = `it serves ${sandboxVersions.join(", ")} of ${SANDBOXES.group}`;
  if (sandboxResource(sandboxVersions) === null) found.push(finding("RELEASE_UNKNOWN", "", served, {}));
  if (extensionVersions === null) return found;
  if (extensionVersions.length === 0) {
    found.push(finding("EXTENSIONS_MISSING", "", `the cluster serves no extensions.${SANDBOXES.group}`, {}));
  } else if (sandboxVersions.includes(SANDBOXES.version) !== extensionVersions.includes(SANDBOXES.version)) {
    found.push(
      finding("VERSIONS_DIFFER", "", `${served}, of its extensions ${extensionVersions.join(", ")}`, {}),
    );
  }
  return found;
};
