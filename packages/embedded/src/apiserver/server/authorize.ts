import type { IncomingHttpHeaders } from "node:http";
import type { User } from "../tls/users.ts";
import { ApiError } from "./api-error.ts";
import type { RequestInfo } from "./request-info.ts";

/**
 * Whether a user may do what a request asks: the server's own users everything, a ServiceAccount nothing, and nobody
 * may act as somebody else, until there are RBAC objects that could say so.
 *
 * @throws ApiError 403.
 */
export function authorize(user: User, info: RequestInfo, headers: IncomingHttpHeaders): void {
  const impersonates = Object.keys(headers).find((name) => name.startsWith("impersonate-"));
  if (impersonates !== undefined) {
    throw new ApiError(
      "Forbidden",
      `User "${user.name}" cannot impersonate anybody: the embedded cluster has no RBAC objects that could allow it`,
      {},
    );
  }
  if (user.allowed) return;
  const { resource } = info;
  if (resource === undefined) {
    throw new ApiError(
      "Forbidden",
      `forbidden: User "${user.name}" cannot ${info.verb} path "${info.path}"`,
      {},
    );
  }
  const { group, plural, name = "", namespace, subresource } = resource;
  const what = subresource === undefined ? plural : `${plural}/${subresource}`;
  const where = namespace === undefined ? " at the cluster scope" : ` in the namespace "${namespace}"`;
  const subject = `${group === "" ? plural : `${plural}.${group}`}${name === "" ? "" : ` "${name}"`}`;
  throw new ApiError(
    "Forbidden",
    `${subject} is forbidden: User "${user.name}" cannot ${info.verb} resource "${what}" in API group "${group}"${where}`,
    { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind: plural },
  );
}
