import { GATEWAY_KEYS, loadConfig } from "@sandgate/contract";
import type { KubeClient } from "@sandgate/kube";
import { causeOf } from "./cause-of.ts";
import { runtimeClassFinding } from "./checks/check-runtime-classes.ts";
import type { SandboxFact } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { readRuntimeClasses } from "./gather/read-runtime-classes.ts";
import { addEvents, readSandboxes } from "./gather/read-sandboxes.ts";
import { createReading } from "./gather/reading.ts";

export interface SeenOne {
  fact: SandboxFact;
  /** What keeps it from being ready, null where nothing does. */
  cause: Finding | null;
}

/**
 * One sandbox as the doctor sees it.
 *
 * @param served - Versions of Sandboxes that the cluster serves.
 * @returns Null where it is gone, or it or its pod may not be read.
 */
export async function lookAtSandbox(
  client: KubeClient,
  served: readonly string[],
  { namespace, name, uid }: { namespace: string | undefined; name: string; uid: string },
  signal: AbortSignal,
): Promise<SeenOne | null> {
  const reading = createReading(client, signal, () => {});
  const settings = loadConfig(GATEWAY_KEYS, {}).values;
  const sandboxes = await readSandboxes(reading, served, { settings, namespace, name });
  const fact = sandboxes?.find(({ sandbox }) => sandbox.uid === uid);
  if (fact === undefined) return null;
  await addEvents(reading, [fact]);
  const classes = await readRuntimeClasses(reading, [fact]);
  return { fact, cause: runtimeClassFinding(fact, classes) ?? causeOf(fact) };
}
