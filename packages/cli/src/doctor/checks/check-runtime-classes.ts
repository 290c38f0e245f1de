import { aboutSandbox, subjectOf } from "../about-sandbox.ts";
import type { Check, Facts, SandboxFact } from "../facts.ts";
import { finding, type Finding } from "../finding.ts";

/** Whether the RuntimeClasses that sandboxes name exist, and some node has them. */
export const checkRuntimeClasses: Check = (facts) =>
  (facts.sandboxes ?? []).flatMap((fact) => runtimeClassFinding(fact, facts) ?? []);

/** What is wrong with the RuntimeClass of one sandbox; null where it names none, or one that is fine or unknown. */
export function runtimeClassFinding(
  fact: SandboxFact,
  { runtimeClasses, nodes }: Pick<Facts, "runtimeClasses" | "nodes">,
): Finding | null {
  const { runtimeClass } = fact;
  if (runtimeClass === null || runtimeClasses === null) return null;
  const known = runtimeClasses.find(({ name }) => name === runtimeClass);
  if (known === undefined) return aboutSandbox("RUNTIME_CLASS_MISSING", fact, `RuntimeClass ${runtimeClass}`);
  const labels = Object.entries(known.nodeSelector);
  const had = nodes?.some(
    (node) => node.schedulable && labels.every(([key, value]) => node.labels[key] === value),
  );
  if (had !== false || labels.length === 0) return null;
  const wanted = labels.map(([key, value]) => `${key}=${value}`).join(" ");
  const detail = `RuntimeClass ${runtimeClass} is for nodes with ${wanted}, and there is none`;
  return finding("RUNTIME_CLASS_WITHOUT_NODE", subjectOf(fact), detail, { labels: wanted });
}
