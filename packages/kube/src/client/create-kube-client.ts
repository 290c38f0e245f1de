import type { KubeList, KubeObject, Stored } from "@sandgate/contract";
import { Agent, type Dispatcher } from "undici";
import { WebSocket } from "ws";
import type { ClusterAccess } from "../config/cluster-access.ts";
import { errorFromBody, KubeUnreachableError } from "./errors.ts";
import type { KubeClient, RawRequest, RawResponse, WriteOptions } from "./kube-client.ts";
import { queryString, resourcePath } from "./paths.ts";
import { readWatch } from "./read-watch.ts";
import { apiVersionOf, type Resource } from "./resource.ts";

export interface KubeClientOptions {
  /** Sent as User-Agent; its first word is the default field manager. */
  userAgent?: string;
  /** How long an answer's head may take; a list of many objects takes its time. */
  headersTimeoutMs?: number;
}

const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

const CONNECT_TIMEOUT_MS = 10_000;
/** A stream's head comes at once; one that does not was asked for over a connection that is dead without saying so. */
const STREAM_HEADERS_TIMEOUT_MS = 20_000;

/** A client for one API server. Connections are kept; watches have connections of their own. */
export function createKubeClient(access: ClusterAccess, options: KubeClientOptions = {}): KubeClient {
  const server = access.server.replace(/\/$/, "");
  const base = new URL(server);
  const prefix = base.pathname === "/" ? "" : base.pathname;
  const tls = tlsOptions(access);
  const agentOptions = {
    connect: { ...tls, timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: options.headersTimeoutMs ?? 60_000,
    keepAliveTimeout: 30_000,
    // Over HTTP/2, which kube-apiserver offers, undici ends an aborted watch's session with an error that nobody can catch.
    allowH2: false,
  };
  const agent = new Agent({ ...agentOptions, connections: 32 });
  // A watch holds its connection for minutes: behind requests of a shared pool it would starve them.
  const watchAgent = new Agent({
    ...agentOptions,
    headersTimeout: Math.min(agentOptions.headersTimeout, STREAM_HEADERS_TIMEOUT_MS),
    bodyTimeout: 0,
    pipelining: 1,
  });
  const userAgent = options.userAgent ?? "sandgate";
  const closing = new AbortController();

  async function authorization(): Promise<Record<string, string>> {
    const token = typeof access.token === "function" ? await access.token() : access.token;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async function send(
    dispatcher: Agent,
    path: string,
    request: RawRequest,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await dispatcher.request({
        origin: base.origin,
        path: `${prefix}${path}${queryString(request.query)}`,
        method: request.method ?? "GET",
        headers: {
          accept: "application/json",
          "user-agent": userAgent,
          ...(await authorization()),
          ...request.headers,
        },
        body: request.body ?? null,
        signal:
          request.signal === undefined ? closing.signal : AbortSignal.any([request.signal, closing.signal]),
      });
    } catch (error) {
      request.signal?.throwIfAborted();
      throw unreachable(server, error);
    }
  }

  async function call(path: string, request: RawRequest): Promise<unknown> {
    const response = await send(agent, path, request);
    let text: string;
    try {
      text = await response.body.text();
    } catch (error) {
      request.signal?.throwIfAborted();
      throw unreachable(server, error);
    }
    if (response.statusCode >= 400) throw errorFromBody(response.statusCode, text);
    return JSON.parse(text) as unknown;
  }

  function write<T extends KubeObject>(
    method: "POST" | "PUT",
    resource: Resource<T>,
    object: T,
    write: WriteOptions = {},
  ): Promise<Stored<T>> {
    const { namespace, name } = object.metadata;
    const path = resourcePath(resource, {
      namespace: namespace ?? "default",
      name: method === "PUT" ? name : undefined,
      subresource: write.subresource,
    });
    return call(path, {
      method,
      query: writeQuery(write),
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...object }),
      signal: write.signal,
    }) as Promise<Stored<T>>;
  }

  return {
    server,
    get: <T extends KubeObject>(
      resource: Resource<T>,
      key: { namespace?: string | undefined; name: string },
      request: { signal?: AbortSignal | undefined } = {},
    ) => call(resourcePath(resource, key), { signal: request.signal }) as Promise<Stored<T>>,
    list: <T extends KubeObject>(resource: Resource<T>, { namespace, signal, ...query }: ListQuery = {}) =>
      call(resourcePath(resource, { namespace }), { query, signal }) as Promise<KubeList<Stored<T>>>,
    create: (resource, object, options) => write("POST", resource, object, options),
    replace: (resource, object, options) => write("PUT", resource, object, options),
    patch: <T extends KubeObject>(
      resource: Resource<T>,
      key: { namespace?: string | undefined; name: string },
      patch: Parameters<KubeClient["patch"]>[2],
      options: WriteOptions = {},
    ) =>
      call(resourcePath(resource, { ...key, subresource: options.subresource }), {
        method: "PATCH",
        query: {
          ...writeQuery(options),
          force: patch.type === "apply" && patch.force === true ? true : undefined,
        },
        headers: { "content-type": PATCH_TYPES[patch.type] },
        body: JSON.stringify(patch.body),
        signal: options.signal,
      }) as Promise<Stored<T>>,
    async delete(resource, key, { signal, ...options } = {}) {
      await call(resourcePath(resource, key), {
        method: "DELETE",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ apiVersion: "v1", kind: "DeleteOptions", ...options }),
        signal,
      });
    },
    async *watch(resource, { namespace, signal, onOpen, ...query } = {}) {
      const path = resourcePath(resource, { namespace });
      const response = await send(watchAgent, path, { query: { ...query, watch: true }, signal });
      if (response.statusCode >= 400) throw errorFromBody(response.statusCode, await response.body.text());
      onOpen?.();
      try {
        yield* readWatch(response.body);
      } catch (error) {
        signal?.throwIfAborted();
        throw unreachable(server, error);
      } finally {
        response.body.destroy();
      }
    },
    async request(path, request = {}): Promise<RawResponse> {
      const response = await send(watchAgent, path, request);
      return { status: response.statusCode, headers: response.headers, body: response.body };
    },
    async connect(path, protocols, { signal } = {}) {
      const url = `${server.replace(/^http/, "ws")}${path}`;
      // A name with a slash in it is no token of HTTP, and `ws` refuses it. So such a one is agreed on past `ws`.
      const past = protocols.some((protocol) => protocol.includes("/"));
      const socket = new WebSocket(url, past ? [] : [...protocols], {
        headers: {
          "user-agent": userAgent,
          ...(await authorization()),
          ...(past ? { "sec-websocket-protocol": protocols.join(", ") } : {}),
        },
        handshakeTimeout: CONNECT_TIMEOUT_MS,
        perMessageDeflate: false,
        ...tls,
      });
      if (past) agreePast(socket, protocols);
      return opened(socket, server, signal);
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await Promise.all([agent.destroy(), watchAgent.destroy()]);
    },
  };
}

type ListQuery = NonNullable<Parameters<KubeClient["list"]>[1]>;

function writeQuery({
  fieldManager,
  dryRun,
  fieldValidation,
}: WriteOptions): NonNullable<RawRequest["query"]> {
  return { fieldManager, dryRun: dryRun === true ? "All" : undefined, fieldValidation };
}

function tlsOptions(access: ClusterAccess): Record<string, unknown> {
  return {
    ...(access.caPem === undefined ? {} : { ca: access.caPem }),
    ...(access.certificatePem === undefined ? {} : { cert: access.certificatePem }),
    ...(access.keyPem === undefined ? {} : { key: access.keyPem }),
    ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
    ...(access.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  };
}

/** Takes the agreed protocol out of the answer before `ws` looks at it; without one the connection fails. */
function agreePast(socket: WebSocket, protocols: readonly string[]): void {
  socket.once("upgrade", ({ headers }) => {
    const agreed = headers["sec-websocket-protocol"];
    delete headers["sec-websocket-protocol"];
    if (agreed !== undefined && protocols.includes(agreed)) return;
    socket.emit("error", new Error(`it speaks none of ${protocols.join(", ")}`));
    socket.terminate();
  });
}

function unreachable(server: string, error: unknown): Error {
  if (!(error instanceof Error)) return new KubeUnreachableError(`${server}: ${String(error)}`);
  // What the server said is no transport failure.
  if (error.name === "KubeError" || error.name === "KubeUnreachableError") return error;
  return new KubeUnreachableError(`The API server at ${server} does not answer: ${error.message}`, {
    cause: error,
  });
}

function opened(socket: WebSocket, server: string, signal: AbortSignal | undefined): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      socket.terminate();
      reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    if (signal?.aborted === true) {
      abort();
      return;
    }
    signal?.addEventListener("abort", abort, { once: true });
    socket.once("open", () => {
      signal?.removeEventListener("abort", abort);
      resolve(socket);
    });
    socket.once("error", (error) => reject(unreachable(server, error)));
    socket.once("unexpected-response", (_request, response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        if (body.length < 65_536) body += part;
      });
      response.once("end", () => {
        reject(errorFromBody(response.statusCode ?? 500, body));
        // The server keeps the connection; the request, which is over, no longer ends it.
        socket.terminate();
      });
    });
  });
}
