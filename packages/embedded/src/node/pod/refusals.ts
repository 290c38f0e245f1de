import type { Pod } from "@sandgate/contract";
import { refusalsOf, type Refusal } from "./field-table.ts";
import { SPEC_FIELDS } from "./supported-fields.ts";

/** What in a pod this node cannot do as asked; empty where it can do all of it. */
export function refusals(pod: Pod): Refusal[] {
  return refusalsOf(pod.spec, SPEC_FIELDS, "spec");
}
