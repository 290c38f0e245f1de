import { ApiError } from "./api-error.ts";

/** How an object is to be shown. */
export type View = "object" | "table" | "metadata";

export interface Representation {
  readonly view: View;
  /** Version of meta.k8s.io for tables and metadata. */
  readonly version: "v1" | "v1beta1";
}

const PLAIN: Representation = { view: "object", version: "v1" };
const VIEWS: Readonly<Record<string, View>> = {
  Table: "table",
  PartialObjectMetadata: "metadata",
  PartialObjectMetadataList: "metadata",
};

/**
 * Takes the first of the accepted types that this server can answer: JSON, plain or as a view.
 *
 * @throws ApiError 406 if there is none; protobuf alone is such a case.
 */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept.trim() === "") return PLAIN;
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    if (type !== "application/json" && type !== "*/*" && type !== "application/*") continue;
    const as = parameters.find((parameter) => parameter.startsWith("as="))?.slice("as=".length);
    if (as === undefined) return PLAIN;
    const view = VIEWS[as];
    const version = parameters.find((parameter) => parameter.startsWith("v="))?.slice("v=".length) ?? "v1";
    if (view !== undefined && (version === "v1" || version === "v1beta1")) return { view, version };
  }
  throw new ApiError(
    "NotAcceptable",
    "only the following media types are accepted: application/json (as an object, Table or PartialObjectMetadata)",
  );
}
