// What `kubectl explain` shows of the built-in kinds, in our words: of a type, as in `core.Pod`, under "", and of its
// members. `common` is what a member means wherever it stands, unless its type says more.
import type { Schema } from "../schema/schema.ts";
import { shortTypeName } from "../tables/kubernetes-types.ts";
import descriptions from "./descriptions.json" with { type: "json" };

type Texts = Readonly<Record<string, string>>;

const COMMON: Texts = descriptions.common;
const TYPES: Readonly<Record<string, Texts>> = descriptions.types;

/** What a type of the table is, as in `core.Pod`; undefined if nothing is written about it. */
export function describeType(type: string): string | undefined {
  return TYPES[type]?.[""];
}

/** What a member is: what its type says of it, what it means everywhere, or what the type it refers to is. */
export function describeField(type: string, field: string, schema: Schema): string | undefined {
  const own = TYPES[type];
  if (own !== undefined && field !== "" && Object.hasOwn(own, field)) return own[field];
  if (Object.hasOwn(COMMON, field)) return COMMON[field];
  const target = schema.$ref ?? schema.items?.$ref;
  return target === undefined ? undefined : describeType(shortTypeName(target) ?? "");
}
