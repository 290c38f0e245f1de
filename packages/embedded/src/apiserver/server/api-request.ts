import type { IncomingHttpHeaders } from "node:http";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import type { User } from "../tls/users.ts";
import type { DecodedBody } from "./read-body.ts";
import type { RequestInfo, ResourceInfo } from "./request-info.ts";

/** One authenticated request for a served resource. */
export interface ApiRequest {
  readonly info: RequestInfo;
  readonly resource: ResourceInfo;
  readonly definition: ResourceDefinition;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly user: User;
  /** Media type of the body, without parameters. */
  readonly mediaType: string;
  /** Reads and decodes the body; undefined for an empty one. To be called once. */
  readonly body: () => Promise<DecodedBody | undefined>;
  /** Texts for `Warning` headers of the answer. */
  readonly warnings: string[];
}

/** Who owns the fields that this request writes. */
export function fieldManager(request: ApiRequest): string {
  const named = request.query.get("fieldManager");
  if (named !== null && named !== "") return named;
  const agent = request.headers["user-agent"] ?? "";
  return agent.split("/", 1)[0]?.slice(0, 128) || "unknown";
}
