import type { Schema } from "../schema/schema.ts";
export function describeType(_short: string): string | undefined {
  return undefined;
}
export function describeField(_short: string, _field: string, _schema: Schema): string | undefined {
  return undefined;
}
