import { union } from "./field-set.ts";
import { type Managed, type ManagedEntry, managerKey, seconds } from "./managed-fields.ts";

/** How many entries of operation Update an object keeps. */
const MAX_UPDATERS = 10;

/** Who owns what the oldest updaters owned, once there are too many. */
const OLD_UPDATES = "ancient-changes";

/** Joins the oldest entries of operation Update, one for each version, until there are no more than ten of them. */
export function capUpdaters(managed: Managed): Managed {
  const updaters = [...managed.values()].filter(({ operation }) => operation === "Update");
  if (updaters.length <= MAX_UPDATERS) return managed;
  updaters.sort((left, right) => seconds(left.time) - seconds(right.time) || compareKeys(left, right));
  const result = new Map(managed);
  const firstOfVersion = new Map<string, ManagedEntry>();
  let count = updaters.length;
  for (const entry of updaters) {
    if (count <= MAX_UPDATERS) break;
    const first = firstOfVersion.get(entry.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(entry.apiVersion, entry);
      continue;
    }
    const bucket = {
      manager: OLD_UPDATES,
      operation: "Update",
      apiVersion: entry.apiVersion,
      subresource: "",
    } as const;
    const key = managerKey(bucket);
    let old = result.get(key);
    if (old === undefined) {
      old = first;
      result.delete(managerKey(first));
    }
    result.delete(managerKey(entry));
    result.set(key, { ...bucket, time: entry.time, fields: union(old.fields, entry.fields) });
    count--;
  }
  return result;
}

function compareKeys(left: ManagedEntry, right: ManagedEntry): number {
  return managerKey(left) < managerKey(right) ? -1 : 1;
}
