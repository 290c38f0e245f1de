import type { CelFunc, CelList, CelValue } from "@bufbuild/cel";
import type { CelLibrary } from "./load-cel.ts";

/** Kubernetes' functions on lists, and CEL's on lists as sets. */
export function listFunctions(cel: CelLibrary): CelFunc[] {
  const { celFunc, celMethod, isCelError, listType } = cel;
  const { BOOL, DYN, INT } = cel.CelScalar;
  const LIST = listType(DYN);
  const compare = cel.plan(cel.celEnv(), cel.parse("a < b ? -1 : a == b ? 0 : 1"));
  const equal = cel.plan(cel.celEnv(), cel.parse("a == b"));
  const add = cel.plan(cel.celEnv(), cel.parse("a + b"));

  /** Negative, zero or positive. */
  function order(a: CelValue, b: CelValue): number {
    const result = compare({ a, b });
    if (isCelError(result)) throw result;
    return Number(result);
  }

  function has(list: CelList, value: CelValue): boolean {
    for (const each of list) if (equal({ a: each, b: value }) === true) return true;
    return false;
  }

  function containsAll(list: CelList, others: CelList): boolean {
    for (const each of others) if (!has(list, each)) return false;
    return true;
  }

  function extreme(list: CelList, sign: number): CelValue {
    let found: CelValue | undefined;
    for (const each of list) if (found === undefined || order(each, found) * sign > 0) found = each;
    if (found === undefined) throw new Error(`${sign > 0 ? "max" : "min"} called on empty list`);
    return found;
  }

  function sum(list: CelList): CelValue {
    let total: CelValue | undefined;
    for (const each of list) {
      if (total === undefined) total = each;
      else {
        const next = add({ a: total, b: each });
        if (isCelError(next)) throw next;
        total = next;
      }
    }
    return total ?? 0n;
  }

  return [
    celMethod("isSorted", LIST, [], BOOL, function () {
      let before: CelValue | undefined;
      for (const each of this) {
        if (before !== undefined && order(before, each) > 0) return false;
        before = each;
      }
      return true;
    }),
    celMethod("sum", LIST, [], DYN, function () {
      return sum(this);
    }),
    celMethod("min", LIST, [], DYN, function () {
      return extreme(this, -1);
    }),
    celMethod("max", LIST, [], DYN, function () {
      return extreme(this, 1);
    }),
    celMethod("indexOf", LIST, [DYN], INT, function (value) {
      return BigInt([...this].findIndex((each) => equal({ a: each, b: value }) === true));
    }),
    celMethod("lastIndexOf", LIST, [DYN], INT, function (value) {
      return BigInt([...this].findLastIndex((each) => equal({ a: each, b: value }) === true));
    }),
    celFunc("sets.contains", [LIST, LIST], BOOL, containsAll),
    celFunc("sets.equivalent", [LIST, LIST], BOOL, (a, b) => containsAll(a, b) && containsAll(b, a)),
    celFunc("sets.intersects", [LIST, LIST], BOOL, (a, b) => [...b].some((each) => has(a, each))),
  ];
}
