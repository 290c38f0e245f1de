import { difference, EMPTY_SET, type FieldSet, intersection, union } from "./field-set.ts";
import type { Managed } from "./managed-fields.ts";
import type { MergeType } from "./merge-type.ts";
import { fieldSetOf } from "./typed-field-set.ts";
import { removeFields, withNamedFields } from "./typed-remove.ts";

/**
 * Removes what a manager applied last time, does not apply now, and nobody else owns.
 *
 * @param lastFields - What the manager owned before this apply; undefined if it is new.
 * @param managed - All owners, the manager's entry as it is after this apply.
 */
export function pruneUnapplied(
  merged: unknown,
  lastFields: FieldSet | undefined,
  managed: Managed,
  type: MergeType,
): unknown {
  if (lastFields === undefined || lastFields.size === 0) return merged;
  const last = withNamedFields(lastFields, type);
  const mergedFields = withNamedFields(fieldSetOf(merged, type), type);
  let owned: FieldSet = EMPTY_SET;
  for (const { fields } of managed.values()) owned = union(owned, fields);

  // Everything applied last goes first; then comes back what somebody owns, and then what was not the manager's.
  const bare = removeFields(merged, last, type);
  const bareFields = withNamedFields(fieldSetOf(bare, type), type);
  const kept = union(bareFields, withNamedFields(owned, type));
  const withOwned = removeFields(merged, difference(mergedFields, kept), type);
  const withOwnedFields = withNamedFields(fieldSetOf(withOwned, type), type);
  return removeFields(merged, intersection(difference(mergedFields, withOwnedFields), last), type);
}
