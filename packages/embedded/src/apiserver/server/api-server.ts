import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Server, createServer } from "node:https";
import type { Logger } from "@sandgate/contract";
import type { Api } from "../handlers/api.ts";
import type { Certificates } from "../tls/certificates.ts";
import { type Answer, type StreamedAnswer, errorAnswer, writeAnswer } from "./answer.ts";
import { ApiError } from "./api-error.ts";
import type { ApiRequest } from "./api-request.ts";
import type { Authenticator } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import { dispatch, findDefinition } from "./dispatch.ts";
import { type PlainPaths, isOpenPath } from "./plain-paths.ts";
import { decodeBody, mediaType, readBody } from "./read-body.ts";
import { type RequestInfo, type ResourceInfo, parseRequestInfo } from "./request-info.ts";
import { noSuchResource } from "./status-errors.ts";

export interface ApiServerOptions {
  readonly api: Api;
  readonly certificates: Certificates;
  readonly authenticate: Authenticator;
  readonly plainPaths: PlainPaths;
  readonly logger: Logger;
}

/** Longer than clients keep idle connections, so that it is they who close them. */
const KEEP_ALIVE_MS = 180_000;

/** The HTTPS server; it has yet to listen. */
export function createApiServer(options: ApiServerOptions): Server {
  const { certificates, logger } = options;
  const server = createServer(
    {
      cert: certificates.serving.certificatePem,
      key: certificates.serving.keyPem,
      ca: certificates.caPem,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    (request, response) => {
      serve(options, request, response).catch((error: unknown) => {
        // The answer has begun, so a broken connection is the only sign that is left.
        if (!response.destroyed) logger.error("answer broken off", { error: String(error) });
        response.destroy();
      });
    },
  );
  return server;
}

async function serve(
  options: ApiServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const warnings: string[] = [];
  response.setHeader("Audit-Id", randomUUID());
  let answer: Answer | StreamedAnswer;
  try {
    answer = await answerTo(options, request, warnings);
  } catch (error) {
    answer = errorAnswer(explain(error, options.logger, request));
    // What is left of a body that was refused is not read.
    if (!request.complete) response.setHeader("Connection", "close");
  }
  if (warnings.length > 0) response.setHeader("Warning", warnings.map(formatWarning));
  if ("stream" in answer) await answer.stream(response);
  else await writeAnswer(response, answer, headerText(request.headers["accept-encoding"]));
}

async function answerTo(
  options: ApiServerOptions,
  request: IncomingMessage,
  warnings: string[],
): Promise<Answer | StreamedAnswer> {
  const info = parseRequestInfo(request.method ?? "GET", request.url ?? "/");
  if (info === undefined) throw new ApiError("BadRequest", "the URL cannot be decoded");
  const { plainPaths } = options;
  if (isOpenPath(info.path)) {
    const open = plainPaths(info.path, info.query, request.headers);
    if (open !== undefined) return open;
  }
  const apiRequest = admitRequest(options, request, info, warnings);
  if (apiRequest !== undefined) return await dispatch(options.api, apiRequest);
  const answer = plainPaths(info.path, info.query, request.headers);
  if (answer === undefined) throw noSuchResource();
  return answer;
}

/** Authentication and authorization, then what a resource's handler needs; undefined if it is about no resource. */
function admitRequest(
  options: ApiServerOptions,
  request: IncomingMessage,
  info: RequestInfo,
  warnings: string[],
): ApiRequest | undefined {
  const user = options.authenticate(request);
  if (user === undefined) throw new ApiError("Unauthorized", "Unauthorized");
  authorize(user, info, request.headers);
  if (info.resource === undefined) return undefined;
  const resource: ResourceInfo = info.resource;
  const type = mediaType(request.headers["content-type"]);
  return {
    info,
    resource,
    definition: findDefinition(options.api, resource),
    query: info.query,
    headers: request.headers,
    user,
    mediaType: type,
    warnings,
    body: async () => {
      const bytes = await readBody(request);
      return bytes.length === 0 ? undefined : await decodeBody(bytes, type);
    },
  };
}

function explain(error: unknown, logger: Logger, request: IncomingMessage): ApiError {
  if (error instanceof ApiError) return error;
  logger.error("request failed", {
    method: request.method,
    path: request.url?.split("?", 1)[0],
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return new ApiError(
    "InternalError",
    `Internal error occurred: ${error instanceof Error ? error.message : "unknown"}`,
  );
}

/** As RFC 7234 has it; the text may contain anything. */
function formatWarning(text: string): string {
  const quoted = text.replaceAll(/[\\"]/g, "\\$&").replaceAll(/[^\t\x20-\x7e]/g, "?");
  return `299 - "${quoted}"`;
}

function headerText(value: string | readonly string[] | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : value.join(",");
}
