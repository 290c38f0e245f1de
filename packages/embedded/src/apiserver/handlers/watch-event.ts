import type { KubeObject } from "@sandgate/contract";
import { apiVersionOf } from "../registry/resource-definition.ts";
import type { ApiRequest } from "../server/api-request.ts";
import type { Representation } from "../server/negotiate.ts";
import type { Entry, StoreEvent } from "../storage/entry.ts";
import type { ObjectFilter } from "../storage/object-filter.ts";
import { type Api, isStoredAs, readObject } from "./api.ts";
import { isSelected } from "./list.ts";
import { metadataOf, tableOf } from "./show-object.ts";

/** One line of a watch: the state of one object, in the form that the watch shows. */
export type Encode = (type: StoreEvent["type"], entry: Entry) => Promise<string>;

export function createEncoder(api: Api, request: ApiRequest, representation: Representation): Encode {
  const { definition } = request;
  let columnsSent = false;
  return async (type, entry) => {
    if (representation.view === "object" && isStoredAs(entry, definition)) {
      return `{"type":"${type}","object":${entry.json}}\n`;
    }
    const object = await readObject(api, entry, definition);
    let shown: unknown = object;
    if (representation.view === "metadata") shown = metadataOf(object, representation);
    if (representation.view === "table") {
      const metadata = { resourceVersion: String(entry.revision) };
      shown = tableOf(api, request, [object], representation, { metadata, headers: !columnsSent });
      columnsSent = true;
    }
    return `{"type":"${type}","object":${JSON.stringify(shown)}}\n`;
  };
}

/** One event as the filter sees it: an object that begins to match is added, one that ceases to is deleted. */
export async function encodeEvent(
  api: Api,
  request: ApiRequest,
  filter: ObjectFilter,
  event: StoreEvent,
  encode: Encode,
): Promise<string> {
  const { entry, previous, type } = event;
  const now = type !== "DELETED" && (await isSelected(api, request, filter, entry));
  const before = previous !== undefined && (await isSelected(api, request, filter, previous));
  if (now) return await encode(before ? "MODIFIED" : "ADDED", entry);
  if (!before) return "";
  if (type === "DELETED") return await encode("DELETED", entry);
  // It is still there, but not for this watch: the last state that matched, at the version of the change.
  const last = { ...previous, revision: entry.revision, json: withVersion(previous, entry.revision) };
  return await encode("DELETED", last);
}

function withVersion(entry: Entry, revision: number): string {
  const object = JSON.parse(entry.json) as KubeObject;
  object.metadata.resourceVersion = String(revision);
  return JSON.stringify(object);
}

/** The line that tells how far a watch has come; `initialEnd` marks the end of the initial events. */
export function encodeBookmark(
  request: ApiRequest,
  representation: Representation,
  revision: number,
  initialEnd: boolean,
): string {
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
  };
  const { definition } = request;
  const meta = `meta.k8s.io/${representation.version}`;
  let object: unknown = { kind: definition.kind, apiVersion: apiVersionOf(definition), metadata };
  if (representation.view !== "object") {
    const partial = { kind: "PartialObjectMetadata", apiVersion: meta, metadata };
    object =
      representation.view === "metadata"
        ? partial
        : {
            kind: "Table",
            apiVersion: meta,
            metadata: { resourceVersion: String(revision) },
            columnDefinitions: [],
            rows: [{ cells: [], object: partial }],
          };
  }
  return `${JSON.stringify({ type: "BOOKMARK", object })}\n`;
}
