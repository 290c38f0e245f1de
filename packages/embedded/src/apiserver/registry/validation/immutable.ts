import { isDeepStrictEqual } from "node:util";
import { invalidValue } from "../field-errors.ts";
import type { Errors } from "./checks.ts";

/** A field that keeps the value it was created with. */
export function* checkImmutable(path: string, value: unknown, previous: unknown): Errors {
  if (!isDeepStrictEqual(value ?? undefined, previous ?? undefined)) {
    yield invalidValue(path, value ?? "", "field is immutable");
  }
}
