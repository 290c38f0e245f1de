import type { CelInput, CelMap, CelValue } from "@bufbuild/cel";
import type { CelLibrary } from "./load-cel.ts";

/** Types of Kubernetes' extension functions that CEL itself does not know. */
type OpaqueType = "quantity" | "url" | "format" | "optional";

/**
 * A value of such a type, as a map with one member that no object of JSON can have. Two are equal if what they hold
 * is equal, so they hold canonical texts.
 */
export function opaque(cel: CelLibrary, type: OpaqueType, value: CelInput): CelMap {
  return cel.celMap(new Map([[keyOf(type), value]]));
}

/** What a value of such a type holds; undefined for any other value. */
export function opaqueContent(cel: CelLibrary, type: OpaqueType, value: CelValue): CelValue | undefined {
  return cel.isCelMap(value) ? value.get(keyOf(type)) : undefined;
}

/** The text that a value of such a type holds. @throws Error for any other value. */
export function opaqueText(cel: CelLibrary, type: OpaqueType, value: CelValue): string {
  const content = opaqueContent(cel, type, value);
  if (typeof content !== "string") throw new Error("no such overload");
  return content;
}

function keyOf(type: OpaqueType): string {
  return `\u0000${type}`;
}
