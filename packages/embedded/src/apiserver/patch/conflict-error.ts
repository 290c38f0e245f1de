import { ApiError } from "../server/api-error.ts";
import type { FieldSet } from "./field-set.ts";
import { eachPath } from "./fields-v1.ts";
import type { Managed, ManagedEntry } from "./managed-fields.ts";
import { pathText } from "./path-element.ts";

/** The 409 of an apply that would change what others own, worded as kubectl shows it. */
export function conflictError(conflicts: ReadonlyMap<string, FieldSet>, managed: Managed): ApiError {
  const rows: { owner: string; field: string }[] = [];
  for (const [key, fields] of [...conflicts].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const entry = managed.get(key);
    const owner = entry === undefined ? JSON.stringify(key) : describeOwner(entry);
    eachPath(fields, (path) => rows.push({ owner, field: pathText(path) }));
  }
  return new ApiError("Conflict", summary(rows), {
    causes: rows.map(({ owner, field }) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${owner}`,
      field,
    })),
  });
}

function summary(rows: readonly { owner: string; field: string }[]): string {
  const [first] = rows;
  if (rows.length === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${first.owner}: ${first.field}`;
  }
  const lines: string[] = [];
  let owner: string | undefined;
  for (const row of rows) {
    if (row.owner !== owner) lines.push(`conflicts with ${row.owner}:`);
    owner = row.owner;
    lines.push(`- ${row.field}`);
  }
  return `Apply failed with ${rows.length} conflicts: ${lines.join("\n")}`;
}

function describeOwner({ manager, subresource, operation, apiVersion }: ManagedEntry): string {
  let text = JSON.stringify(manager);
  if (subresource !== "") text += ` with subresource ${JSON.stringify(subresource)}`;
  return operation === "Update" ? `${text} using ${apiVersion}` : text;
}
