import { createHash } from "node:crypto";
import type { Registry } from "../registry/registry.ts";
import { documentV2, documentV3, type GroupVersion, groupVersions } from "./document.ts";
import { encodeGnostic } from "./gnostic.ts";

export interface OpenApiAnswer {
  readonly contentType: string;
  readonly body: string | Uint8Array;
  /** With its quotes. */
  readonly etag: string;
}

export interface OpenApi {
  /**
   * The document at a path: `/openapi/v2` (JSON, or protobuf if `accept` asks for it first), `/openapi/v3`, which is
   * the index, and `/openapi/v3/api/v1` or `/openapi/v3/apis/GROUP/VERSION`. Undefined for any other path.
   */
  document(path: string, accept: string): OpenApiAnswer | undefined;
}

const PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** As clients write it, with an `@` that a media type may not have. */
const ASKED_AS = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/** OpenAPI documents of a registry, made when first asked for and dropped when the registry changes. */
export function createOpenApi(registry: Registry): OpenApi {
  const known = new Map<string, OpenApiAnswer>();
  registry.onChange(() => known.clear());

  function keep(key: string, contentType: string, make: () => string | Uint8Array): OpenApiAnswer {
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const body = make();
    const made = {
      contentType,
      body,
      etag: `"${createHash("sha512").update(body).digest("hex").toUpperCase()}"`,
    };
    known.set(key, made);
    return made;
  }

  const json = (key: string, make: () => unknown): OpenApiAnswer =>
    keep(key, "application/json", () => JSON.stringify(make()));

  const groupVersion = (wanted: GroupVersion): OpenApiAnswer =>
    json(pathOf(wanted), () => documentV3(registry, wanted));

  function index(): unknown {
    const entries = groupVersions(registry).map((each) => {
      const path = pathOf(each);
      const hash = groupVersion(each).etag.slice(1, -1);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
    });
    return { paths: Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
  }

  return {
    document(path, accept) {
      if (path === "/openapi/v2") {
        if (!asksForProtobuf(accept)) return json("v2", () => documentV2(registry));
        return keep("v2 protobuf", PROTOBUF, () => encodeGnostic(documentV2(registry)));
      }
      if (path === "/openapi/v3") return json("index", index);
      const wanted = groupVersions(registry).find((each) => path === `/openapi/v3/${pathOf(each)}`);
      return wanted === undefined ? undefined : groupVersion(wanted);
    },
  };
}

function pathOf({ group, version }: GroupVersion): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

function asksForProtobuf(accept: string): boolean {
  const types = accept.split(",").map((range) => range.split(";", 1)[0]?.trim() ?? "");
  const first = types.find(
    (type) => type === PROTOBUF || type === ASKED_AS || type === "application/json" || type === "*/*",
  );
  return first === PROTOBUF || first === ASKED_AS;
}
