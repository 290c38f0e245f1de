import type { IncomingHttpHeaders } from "node:http";
import type { Discovery } from "../discovery/discovery.ts";
import type { OpenApi } from "../openapi/open-api.ts";
import { type Answer, jsonAnswer } from "./answer.ts";

/** Paths that anybody may ask for. */
const OPEN = new Set(["/readyz", "/livez", "/healthz", "/version"]);

/** Release of Kubernetes whose behaviour this server has; the minor kubectl versions around it work without warnings. */
const KUBERNETES_MINOR = "33";

export function isOpenPath(path: string): boolean {
  return OPEN.has(path) || /^\/(readyz|livez|healthz)\//.test(path);
}

export interface PlainPathsOptions {
  readonly discovery: Discovery;
  readonly openApi: OpenApi;
  /** Of Sandgate. */
  readonly version: string;
}

/** Answers what is no resource: health, version, discovery, OpenAPI. Undefined for an unknown path. */
export type PlainPaths = (
  path: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
) => Answer | undefined;

export function createPlainPaths({ discovery, openApi, version }: PlainPathsOptions): PlainPaths {
  const versionInfo = {
    major: "1",
    minor: KUBERNETES_MINOR,
    gitVersion: `v1.${KUBERNETES_MINOR}.0-sandgate.${version}`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "node",
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };

  return (path, _query, headers) => {
    const clean = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
    if (clean === "/version") return jsonAnswer(200, versionInfo);
    if (isOpenPath(clean)) return { status: 200, body: "ok", contentType: "text/plain; charset=utf-8" };
    if (clean === "/")
      return jsonAnswer(200, {
        paths: ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"],
      });
    const accept = headers.accept ?? "";
    const found = findDocument(discovery, clean, accept) ?? openApi.document(clean, accept);
    return found === undefined ? undefined : withEtag(found, headers);
  };
}

interface Document {
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly etag: string;
}

function findDocument(discovery: Discovery, path: string, accept: string): Document | undefined {
  const [, root, group, version, ...more] = path.split("/");
  if (more.length > 0) return undefined;
  if (root === "api") {
    if (group === undefined) return discovery.legacyVersions(accept);
    return version === undefined ? discovery.resources("", group) : undefined;
  }
  if (root !== "apis") return undefined;
  if (group === undefined) return discovery.groups(accept);
  return version === undefined ? discovery.group(group) : discovery.resources(group, version);
}

/** An answer that a client which has it already need not read again. */
export function withEtag(document: Document, headers: IncomingHttpHeaders): Answer {
  const { contentType, body, etag } = document;
  const shared = { ETag: etag, Vary: "Accept" };
  if (headers["if-none-match"] === etag) return { status: 304, body: "", contentType, headers: shared };
  return { status: 200, body, contentType, headers: shared };
}
