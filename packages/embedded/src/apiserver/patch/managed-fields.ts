import type { ManagedFieldsEntry } from "@sandgate/contract";
import { compareText } from "./path-element.ts";
import type { FieldSet } from "./field-set.ts";
import { formatFieldsV1, parseFieldsV1 } from "./fields-v1.ts";
import { isJsonObject } from "./json-value.ts";

export type Operation = "Apply" | "Update";

/** Who wrote, and how: two writes belong to one entry of managedFields if all of this is the same. */
export interface ManagerIdentity {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly subresource: string;
}

/** One entry of managedFields, with its fields as a set. */
export interface ManagedEntry extends ManagerIdentity {
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** What `fields` was read from, to be written again as it is. Whoever makes another set of fields leaves it out. */
  readonly source?: Record<string, unknown> | undefined;
}

/** Entries by identity. */
export type Managed = Map<string, ManagedEntry>;

/** Key of an entry. Whoever applies keeps one entry across versions. */
export function managerKey({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  return JSON.stringify([manager, operation, operation === "Apply" ? "" : apiVersion, subresource]);
}

/**
 * Reads `metadata.managedFields`.
 *
 * @returns Undefined if an entry is malformed, by which the whole list is.
 */
export function parseManagedFields(entries: unknown): Managed | undefined {
  const managed: Managed = new Map();
  if (entries === undefined || entries === null) return managed;
  if (!Array.isArray(entries)) return undefined;
  for (const entry of entries as readonly unknown[]) {
    const parsed = parseEntry(entry);
    if (parsed === undefined) return undefined;
    managed.set(managerKey(parsed), parsed);
  }
  return managed;
}

function parseEntry(value: unknown): ManagedEntry | undefined {
  if (!isJsonObject(value)) return undefined;
  const entry = value as ManagedFieldsEntry;
  const { operation, apiVersion, fieldsType } = entry;
  if (operation !== "Apply" && operation !== "Update") return undefined;
  if (typeof apiVersion !== "string" || apiVersion === "" || fieldsType !== "FieldsV1") return undefined;
  try {
    return {
      manager: entry.manager ?? "",
      operation,
      apiVersion,
      subresource: entry.subresource ?? "",
      time: entry.time ?? undefined,
      fields: parseFieldsV1(entry.fieldsV1 ?? {}),
      source: entry.fieldsV1,
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes managedFields in the order in which API servers list them; undefined if there is no entry. */
export function formatManagedFields(managed: Managed): ManagedFieldsEntry[] | undefined {
  if (managed.size === 0) return undefined;
  return [...managed.values()].sort(compareEntries).map(formatEntry);
}

function formatEntry(entry: ManagedEntry): ManagedFieldsEntry {
  return {
    ...(entry.manager === "" ? {} : { manager: entry.manager }),
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === undefined ? {} : { time: entry.time }),
    fieldsType: "FieldsV1",
    fieldsV1: entry.source ?? formatFieldsV1(entry.fields),
    ...(entry.subresource === "" ? {} : { subresource: entry.subresource }),
  };
}

/** The entry with another set of fields, or the same entry if the set is the same. */
export function withFields(entry: ManagedEntry, fields: FieldSet): ManagedEntry {
  return fields === entry.fields ? entry : { ...entry, fields, source: undefined };
}

function compareEntries(left: ManagedEntry, right: ManagedEntry): number {
  return (
    compareText(left.operation, right.operation) ||
    seconds(left.time) - seconds(right.time) ||
    compareText(left.manager, right.manager) ||
    compareText(left.apiVersion, right.apiVersion) ||
    compareText(left.subresource, right.subresource)
  );
}

/** A time of managedFields in seconds, 0 if there is none. */
export function seconds(time: string | undefined): number {
  const parsed = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(parsed) ? 0 : Math.floor(parsed / 1000);
}

/** A time of managedFields from epoch milliseconds: whole seconds. */
export function timeText(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}
