import protobuf from "./protobuf-bodies.json" with { type: "json" };
import type { Accept, Body } from "./wire-client.ts";
import type { OBJECTS } from "./wire-objects.ts";

/** One request as a client sends it, and what has to be answered. */
export interface Row {
  method: string;
  /** NAME stands for an object made for the row. */
  path: string;
  query?: string;
  accept: Accept;
  /** @param live - The object that NAME stands for, as it is stored. */
  body?: (name: string, live: Record<string, unknown>) => Body;
  /** Kind of the objects that NAME stands for; made before the request unless `absent`. */
  object?: keyof typeof OBJECTS;
  absent?: true;
  status: number;
  /** `kind` of the answer. */
  kind: string;
}

export const asJson = (content: unknown) => (): Body => ({ type: "JSON", content });
export const asMerge = (content: unknown) => (): Body => ({ type: "merge-patch", content });
export const asProtobuf = (name: keyof typeof protobuf) => (): Body => ({
  type: "PB",
  content: Buffer.from(protobuf[name], "base64"),
});
