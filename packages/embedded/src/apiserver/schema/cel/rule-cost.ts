import type { RuleAnalysis } from "./analyze-rule.ts";

/** Functions that make a list of a text. */
const SPLITTING = new Set(["split", "findAll"]);

/**
 * The most that evaluating a rule can cost: each part of it, as often as the longest list there is could have it
 * repeated by the loops around it.
 */
export function ruleCost(
  { calls, sizes, longestLiteral }: RuleAnalysis,
  ...values: readonly unknown[]
): number {
  let longest = longestLiteral;
  if (sizes.length > 1) {
    const splits = calls.some(({ name }) => SPLITTING.has(name));
    for (const value of values) longest = Math.max(longest, longestIn(value, splits));
  }
  return sizes.reduce((cost, size, loops) => cost + size * longest ** loops, 0);
}

function longestIn(value: unknown, texts: boolean): number {
  if (typeof value === "string") return texts ? value.length : 0;
  if (typeof value !== "object" || value === null) return 0;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let longest = members.length;
  for (const member of members) longest = Math.max(longest, longestIn(member, texts));
  return longest;
}
