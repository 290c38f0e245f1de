import type { KubeObject, ListMeta } from "@sandgate/contract";
import { type Answer, jsonAnswer } from "../server/answer.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { type Representation, negotiate } from "../server/negotiate.ts";
import { type Table, renderTable } from "../table/print-table.ts";
import type { Api } from "./api.ts";

/** Answers with one object in the form that the client accepts. `json` is of the requested version. */
export function showObject(api: Api, request: ApiRequest, status: number, json: string): Answer {
  const representation = negotiate(request.headers.accept);
  if (representation.view === "object") return { status, body: json };
  const object = JSON.parse(json) as KubeObject;
  if (representation.view === "metadata") return jsonAnswer(status, metadataOf(object, representation));
  return jsonAnswer(
    status,
    tableOf(api, request, [object], representation, {
      metadata: { resourceVersion: object.metadata.resourceVersion ?? "" },
    }),
  );
}

/** The object as PartialObjectMetadata. */
export function metadataOf(object: KubeObject, { version }: Representation): KubeObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata,
  };
}

export function tableOf(
  api: Api,
  request: ApiRequest,
  objects: readonly KubeObject[],
  { version }: Representation,
  options: { readonly metadata?: ListMeta; readonly headers?: boolean } = {},
): Table {
  const include = request.query.get("includeObject");
  const includeObject = include === "Object" || include === "None" ? include : "Metadata";
  return renderTable(request.definition, objects, { includeObject, now: api.now(), version, ...options });
}
