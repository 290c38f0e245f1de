import { randomUUID } from "node:crypto";
import { type IncomingMessage, STATUS_CODES, type ServerResponse } from "node:http";
import { type Server, createServer } from "node:https";
import type { Duplex } from "node:stream";
import type { Logger } from "@sandgate/contract";
import type { Api } from "../handlers/api.ts";
import { isStream, tunnelPodStream } from "../handlers/pod-streams.ts";
import { type TokenUser, answerReview, isReview } from "../handlers/reviews.ts";
import type { Certificates } from "../tls/certificates.ts";
import type { User } from "../tls/users.ts";
import { type Answer, type StreamedAnswer, errorAnswer, jsonAnswer, writeAnswer } from "./answer.ts";
import { ApiError } from "./api-error.ts";
import type { ApiRequest } from "./api-request.ts";
import type { Authenticator } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import { dispatch, findDefinition } from "./dispatch.ts";
import { type PlainPaths, isOpenPath } from "./plain-paths.ts";
import { decodeBody, mediaType, readBody } from "./read-body.ts";
import { type RequestInfo, type ResourceInfo, parseRequestInfo } from "./request-info.ts";
import { methodNotAllowed, noSuchResource } from "./status-errors.ts";

export interface ApiServerOptions {
  readonly api: Api;
  readonly certificates: Certificates;
  readonly authenticate: Authenticator;
  readonly tokenUser: TokenUser;
  readonly plainPaths: PlainPaths;
  readonly logger: Logger;
}

/** Longer than clients keep idle connections, so that it is they who close them. */
const KEEP_ALIVE_MS = 180_000;

const MAX_HEADER_BYTES = 256 * 1024;

export interface ApiServer {
  /** It has yet to listen. */
  readonly server: Server;
  /** Breaks off every connection. */
  close(): Promise<void>;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
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
      // The command of an exec stands in its URL.
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => {
      serve(options, request, response).catch((error: unknown) => {
        // The answer has begun, so a broken connection is the only sign that is left.
        if (!response.destroyed) logger.error("answer broken off", { error: String(error) });
        response.destroy();
      });
    },
  );
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket);
    socket.on("error", (error) => logger.debug("stream broken off", { error: error.message }));
    socket.on("close", () => upgraded.delete(socket));
    void serveUpgrade(options, request, socket, head);
  });
  return {
    server,
    async close() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      await closed;
    },
  };
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
  if (warnings.length > 0) response.setHeader("Warning", [...new Set(warnings)].map(formatWarning));
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
  const user = admit(options, request, info);
  if (info.resource !== undefined) {
    const { resource } = info;
    if (isReview(resource)) return await review(options, request, info, resource, user);
    return await dispatch(options.api, makeApiRequest(options.api, request, info, resource, user, warnings));
  }
  const answer = plainPaths(info.path, info.query, request.headers);
  if (answer === undefined) throw noSuchResource();
  return answer;
}

/** Who asks, if it may. @throws ApiError 401, 403. */
function admit(options: ApiServerOptions, request: IncomingMessage, info: RequestInfo): User {
  const user = options.authenticate(request);
  if (user === undefined) throw new ApiError("Unauthorized", "Unauthorized");
  authorize(user, info, request.headers);
  return user;
}

function makeApiRequest(
  api: Api,
  request: IncomingMessage,
  info: RequestInfo,
  resource: ResourceInfo,
  user: User,
  warnings: string[],
): ApiRequest {
  const type = mediaType(request.headers["content-type"]);
  return {
    info,
    resource,
    definition: findDefinition(api, resource),
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

async function review(
  options: ApiServerOptions,
  request: IncomingMessage,
  info: RequestInfo,
  resource: ResourceInfo,
  user: User,
): Promise<Answer> {
  if (info.verb !== "create") throw methodNotAllowed();
  const { value } = await decodeBody(await readBody(request), mediaType(request.headers["content-type"]));
  return jsonAnswer(201, answerReview(resource, value, user, options.tokenUser));
}

/** Exec, attach and port-forward: checked like any request, then handed to the pod's node. */
async function serveUpgrade(
  options: ApiServerOptions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  try {
    const info = parseRequestInfo(request.method ?? "GET", request.url ?? "/");
    const user = info === undefined ? undefined : admit(options, request, info);
    const resource = info?.resource;
    if (info === undefined || user === undefined || resource === undefined || !isStreamOf(resource)) {
      throw new ApiError("BadRequest", "this path cannot be upgraded");
    }
    const apiRequest = makeApiRequest(options.api, request, info, resource, user, []);
    await tunnelPodStream(options.api, apiRequest, request, socket, head);
  } catch (error) {
    const answer = errorAnswer(explain(error, options.logger, request));
    const { body } = answer;
    socket.end(
      `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
}

function isStreamOf({ group, plural, subresource }: ResourceInfo): boolean {
  return group === "" && plural === "pods" && isStream(subresource);
}

function explain(error: unknown, logger: Logger, request: IncomingMessage): ApiError {
  if (error instanceof ApiError) return error;
  // Who has gone gets no answer, and breaking off is no fault of the server.
  const level = request.destroyed ? "debug" : "error";
  logger[level]("request failed", {
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
