import type { Condition } from "@sandgate/contract";

/** A condition as a plan wants it; the time is added when it is written, unless it is that of another object's. */
export type WantedCondition = Omit<Condition, "lastTransitionTime"> & { lastTransitionTime?: string };

/**
 * The conditions with the wanted ones set. The transition time stays where the status stays, as metav1 asks; the order of
 * those that were there stays as well, so that nothing is written where nothing has changed.
 */
export function setConditions(
  before: readonly Condition[],
  wanted: readonly WantedCondition[],
  removed: readonly string[],
  nowMs: number,
): Condition[] {
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
  const result = before.filter((one) => !removed.includes(one.type));
  for (const condition of wanted) {
    const index = result.findIndex((one) => one.type === condition.type);
    const known = result[index];
    const next = {
      ...condition,
      lastTransitionTime:
        known?.status === condition.status ? known.lastTransitionTime : (condition.lastTransitionTime ?? now),
    };
    if (known === undefined) result.push(next);
    else result[index] = next;
  }
  return result;
}
