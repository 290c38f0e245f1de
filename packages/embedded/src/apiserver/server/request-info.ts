/** What a request asks for, read from its method and URL alone. */
export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Kubernetes verb for resources, lower-case method for anything else. */
  readonly verb: string;
  readonly resource: ResourceInfo | undefined;
}

export interface ResourceInfo {
  /** "" for core. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Subresources of a namespace; after `namespaces/NAME/` anything else is a kind inside of it. */
const NAMESPACE_SUBRESOURCES = new Set(["status", "finalize"]);
const NO_NAME_VERBS: Readonly<Record<string, string>> = {
  GET: "list",
  DELETE: "deletecollection",
};
const VERBS: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** @returns Undefined if the URL cannot be decoded. */
export function parseRequestInfo(method: string, url: string): RequestInfo | undefined {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1));
  const segments = decodeSegments(path);
  if (segments === undefined) return undefined;
  const resource = parseResource(segments);
  if (resource === undefined) return { path, query, verb: method.toLowerCase(), resource };
  const watching = query.get("watch");
  let verb = VERBS[method] ?? method.toLowerCase();
  if (resource.name === undefined) verb = NO_NAME_VERBS[method] ?? verb;
  if (
    (verb === "list" || verb === "get") &&
    resource.subresource === undefined &&
    watching !== null &&
    watching !== "0" &&
    watching !== "false"
  ) {
    verb = "watch";
  }
  return { path, query, verb, resource };
}

function parseResource(segments: readonly string[]): ResourceInfo | undefined {
  const [prefix] = segments;
  const core = prefix === "api";
  if (!core && prefix !== "apis") return undefined;
  const [group = "", version = ""] = core ? ["", segments[1]] : segments.slice(1);
  let rest = segments.slice(core ? 2 : 3);
  if (rest.length === 0) return undefined;
  let namespace: string | undefined;
  if (rest[0] === "namespaces" && rest[1] !== undefined) {
    namespace = rest[1];
    const third = rest[2];
    if (third !== undefined && !(rest.length === 3 && NAMESPACE_SUBRESOURCES.has(third)))
      rest = rest.slice(2);
    else return { group, version, plural: "namespaces", namespace, name: namespace, subresource: third };
  }
  const [plural = "", name, ...subresource] = rest;
  return {
    group,
    version,
    plural,
    namespace,
    name,
    subresource: subresource.length === 0 ? undefined : subresource.join("/"),
  };
}

function decodeSegments(path: string): string[] | undefined {
  const segments = path.split("/").filter((segment) => segment !== "");
  try {
    return path.includes("%") ? segments.map((segment) => decodeURIComponent(segment)) : segments;
  } catch {
    return undefined;
  }
}
