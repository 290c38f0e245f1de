/** Distinct values kept, above which it begins anew: sharing is a saving, never a duty. */
const LIMIT = 10_000;

/**
 * One instance for equal values. Thousands of sandboxes that say the same (labels, ports, conditions) then say it with one
 * object. What is given in and what is given back must not be changed afterwards.
 */
export function createShare(): <T>(value: T) => T {
  const known = new Map<string, unknown>();
  return <T>(value: T): T => {
    const key = JSON.stringify(value);
    const shared = known.get(key) as T | undefined;
    if (shared !== undefined) return shared;
    if (known.size >= LIMIT) known.clear();
    known.set(key, value);
    return value;
  };
}
