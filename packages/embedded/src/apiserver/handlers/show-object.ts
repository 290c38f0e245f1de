import type { KubeObject } from "@sandgate/contract";
import { type Answer, jsonAnswer } from "../server/answer.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { type Representation, negotiate } from "../server/negotiate.ts";
import type { Api } from "./api.ts";

/** Answers with one object in the form that the client accepts. `json` is of the requested version. */
export function showObject(api: Api, request: ApiRequest, status: number, json: string): Answer {
  const representation = negotiate(request.headers.accept);
  if (representation.view === "object") return { status, body: json };
  const object = JSON.parse(json) as KubeObject;
  if (representation.view === "metadata") return jsonAnswer(status, metadataOf(object, representation));
  return jsonAnswer(status, tableOf(api, request, [object], representation));
}

/** The object as PartialObjectMetadata. */
export function metadataOf(object: KubeObject, { version }: Representation): KubeObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata,
  };
}

export interface RenderedTable {
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  columnDefinitions?: unknown[];
  rows: unknown[];
}

export function tableOf(
  api: Api,
  request: ApiRequest,
  objects: readonly KubeObject[],
  { version }: Representation,
): RenderedTable {
  const include = request.query.get("includeObject");
  const includeObject = include === "Object" || include === "None" ? include : "Metadata";
  throw new Error(`no tables yet: ${objects.length} ${includeObject} ${version} ${api.now()}`);
}
