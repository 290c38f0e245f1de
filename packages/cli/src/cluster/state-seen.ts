import type { NormalSandbox, StateReason } from "@sandgate/contract";
import { stateOf, type PodView } from "@sandgate/kube";

/**
 * What a sandbox is doing, also for somebody who may not read pods: then its Ready condition is believed.
 *
 * @param pod - Undefined where there is none, null where that is not known.
 */
export function stateSeen(sandbox: NormalSandbox, pod: PodView | undefined | null): StateReason {
  const state = stateOf(sandbox, pod ?? undefined);
  if (pod !== null || state.state !== "Starting") return state;
  const ready = sandbox.conditions.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") return state;
  return { state: "Ready", reason: ready.reason, message: ready.message };
}
