import { LABEL_SANDBOX_NAME_HASH } from "@sandgate/contract";
import type { SandboxFact } from "./facts.ts";
import { finding, type Finding, type Placeholders } from "./finding.ts";
import type { FINDINGS, FindingId } from "./findings.ts";

type SandboxWord =
  | "namespace"
  | "name"
  | "resource"
  | "pod"
  | "patch"
  | "runtimeClass"
  | "container"
  | "hash"
  | "quota";

/** Findings whose command needs to know no more than the sandbox. */
export type SandboxFindingId = {
  [Id in FindingId]: Placeholders<(typeof FINDINGS)[Id]["command"]> extends SandboxWord ? Id : never;
}[FindingId];

/** Kind in commands; with its group, because other groups have sandboxes too. */
export const SANDBOX_KIND = "sandboxes.agents.x-k8s.io";

/** A finding about one sandbox. */
export function aboutSandbox(id: SandboxFindingId, fact: SandboxFact, detail: string): Finding {
  const { sandbox, pod, runtimeClass } = fact;
  return finding(id, subjectOf(fact), nameless(detail, fact), {
    namespace: sandbox.namespace,
    name: sandbox.name,
    resource: SANDBOX_KIND,
    pod: pod?.name ?? sandbox.name,
    patch: fact.resumePatch,
    runtimeClass: runtimeClass ?? "",
    hash: fact.podLabels[LABEL_SANDBOX_NAME_HASH] ?? "",
    container: String(fact.failing?.index ?? 0),
    quota: /exceeded quota: ([^\s,]+)/.exec(detail)?.[1] ?? "",
  });
}

/** A finding about a sandbox's address, mended by its user's label. */
export function aboutAddress(
  id: "ADDRESS_CONFLICT" | "NAMESPACE_MAY_NOT_CLAIM" | "USER_LABEL_MISSING",
  fact: SandboxFact,
  label: string,
  detail: string,
): Finding {
  const { namespace, name } = fact.sandbox;
  return finding(id, subjectOf(fact), detail, { namespace, name, resource: SANDBOX_KIND, label });
}

/** How a sandbox is named to a person: its address, and the namespace where another name could mean it. */
export function subjectOf({ route }: Pick<SandboxFact, "route">): string {
  return `${route.user}/${route.name} (namespace ${route.namespace})`;
}

/** The text without what is different for each sandbox, so that 10,000 with one trouble are one finding. */
function nameless(text: string, { sandbox, pod }: SandboxFact): string {
  const names = [sandbox.name, pod?.name ?? "", sandbox.uid, pod?.uid ?? ""].filter((one) => one !== "");
  let result = text.replaceAll(/ pod=\S+/g, "").replaceAll(/\bback-off \S+ (?=restarting)/g, "back-off ");
  for (const name of new Set(names)) result = result.replaceAll(`"${name}"`, "…");
  return result.trim();
}
