import type { KubeObject } from "@sandgate/contract";
import { ageOf } from "../../table/age.ts";
import type { PrinterColumn } from "../resource-definition.ts";

type Value<T extends KubeObject> = (object: T, now: number) => string | number | boolean | undefined;

/** A column whose value is computed. `T` is the kind of the row that the column stands in. */
export function column<T extends KubeObject>(name: string, value: Value<T>, priority = 0): PrinterColumn {
  return { name, type: "string", priority, value: (object, now) => value(object as T, now) ?? null };
}

export const NAME: PrinterColumn = {
  ...column("Name", (object) => object.metadata.name ?? ""),
  format: "name",
};

export const AGE: PrinterColumn = column("Age", (object, now) =>
  ageOf(object.metadata.creationTimestamp, now),
);

/** `a=b,c=d` sorted by key, `<none>` if there is nothing. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "<none>" : pairs.toSorted().join(",");
}

/** The first three of a list and how many more there are. */
export function firstThree(values: readonly string[]): string {
  if (values.length === 0) return "<unset>";
  const shown = values.slice(0, 3).join(",");
  return values.length > 3 ? `${shown} + ${values.length - 3} more...` : shown;
}
