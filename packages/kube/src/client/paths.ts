import type { RawRequest } from "./kube-client.ts";
import type { Resource } from "./resource.ts";

/** `/api/v1/namespaces/NS/pods/NAME/SUB` and its like. */
export function resourcePath(
  resource: Resource,
  where: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined },
): string {
  const segments =
    resource.group === "" ? ["api", resource.version] : ["apis", resource.group, resource.version];
  if (resource.namespaced && where.namespace !== undefined) segments.push("namespaces", where.namespace);
  segments.push(resource.plural);
  if (where.name !== undefined) segments.push(where.name);
  if (where.subresource !== undefined) segments.push(where.subresource);
  return `/${segments.map(encodeURIComponent).join("/")}`;
}

/** `?a=1&b=2&b=3`, or nothing. */
export function queryString(query: RawRequest["query"]): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) {
      parameters.append(name, one);
    }
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
