import { NODES, RUNTIME_CLASSES } from "@sandgate/kube";
import type { Facts, SandboxFact } from "../facts.ts";
import type { Reading } from "./reading.ts";

/** RuntimeClasses and nodes, where a sandbox names a RuntimeClass: else nobody needs to have the rights. */
export async function readRuntimeClasses(
  reading: Reading,
  sandboxes: readonly SandboxFact[] | null,
): Promise<Pick<Facts, "runtimeClasses" | "nodes">> {
  if (sandboxes?.some(({ runtimeClass }) => runtimeClass !== null) !== true)
    return { runtimeClasses: null, nodes: null };
  const runtimeClasses = await reading.list(RUNTIME_CLASSES, {}, (object) => {
    const { scheduling } = object as { scheduling?: { nodeSelector?: Record<string, string> } };
    return { name: object.metadata.name, nodeSelector: scheduling?.nodeSelector ?? {} };
  });
  const nodes = await reading.list(NODES, {}, ({ metadata, spec }) => ({
    name: metadata.name,
    labels: metadata.labels ?? {},
    schedulable: spec?.unschedulable !== true,
  }));
  return { runtimeClasses, nodes };
}
