import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KubeObject, silentLogger } from "@sandgate/contract";
import {
  type ApiServerStartOptions,
  type EmbeddedApiServer,
  startApiServer,
} from "../../src/apiserver/index.ts";

/** Any object of a test, its members open. */
export type Loose = KubeObject & Record<string, unknown>;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  readonly json: Loose & {
    items: Loose[];
    message: string;
    reason: string;
    details?: Record<string, unknown>;
    spec: Record<string, unknown>;
    status: unknown;
  };
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
  /** Null: no credentials. */
  readonly token?: string | null;
}

export interface WatchLine {
  readonly type: string;
  readonly object: Loose;
}

export interface WatchHandle {
  /** The next event; rejects when the stream has ended. */
  next(): Promise<WatchLine>;
  /** Events until one for which `last` is true, that one included. */
  until(last: (line: WatchLine) => boolean): Promise<WatchLine[]>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/** An API server of a test, with a client that shows everything as it came. */
export interface TestServer {
  readonly server: EmbeddedApiServer;
  readonly dataDir: string;
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  watch(path: string, options?: CallOptions): Promise<WatchHandle>;
  /** Closes the server and opens it again on the same folder. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export function makeDataDir(): string {
  return mkdtempSync(join(tmpdir(), "sandgate-apiserver-"));
}

export async function openTestServer(options: Partial<ApiServerStartOptions> = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? makeDataDir();
  const start = (): Promise<EmbeddedApiServer> =>
    startApiServer({ dataDir, logger: silentLogger, ...options });
  let server = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const send = (method: string, path: string, body: unknown, call: CallOptions): Promise<IncomingMessage> =>
    sendTo(server, agent, method, path, body, call);
  return {
    get server() {
      return server;
    },
    dataDir,
    async call(method, path, body, call = {}) {
      const response = await send(method, path, body, call);
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString("utf8");
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        text,
        get json() {
          return JSON.parse(text) as Reply["json"];
        },
      };
    },
    watch: async (path, call = {}) => watchLines(await send("GET", path, undefined, call)),
    async restart() {
      await server.close();
      server = await start();
    },
    async close() {
      agent.destroy();
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function sendTo(
  server: EmbeddedApiServer,
  agent: Agent,
  method: string,
  path: string,
  body: unknown,
  { headers = {}, type = "application/json", token }: CallOptions,
): Promise<IncomingMessage> {
  const access = server.access("admin");
  const bearer = token === undefined ? access.token : token;
  const raw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  const bytes = raw ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      new URL(path, server.url),
      {
        method,
        agent,
        ca: access.caPem,
        headers: {
          "User-Agent": "test/1.0",
          ...(typeof bearer === "string" ? { Authorization: `Bearer ${bearer}` } : {}),
          ...(bytes === undefined
            ? {}
            : { "Content-Type": type, "Content-Length": Buffer.byteLength(bytes) }),
          ...headers,
        },
      },
      resolve,
    );
    request.on("error", reject);
    request.end(bytes);
  });
}

function watchLines(response: IncomingMessage): WatchHandle {
  const waiting: { resolve: (line: WatchLine) => void; reject: (error: Error) => void }[] = [];
  const lines: WatchLine[] = [];
  const ended = Promise.withResolvers<void>();
  let over = false;
  let rest = "";
  response.setEncoding("utf8");
  response.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const line = JSON.parse(part) as WatchLine;
      const first = waiting.shift();
      if (first === undefined) lines.push(line);
      else first.resolve(line);
    }
  });
  response.on("error", () => undefined);
  response.on("close", () => {
    over = true;
    for (const each of waiting) each.reject(new Error("the watch has ended"));
    ended.resolve();
  });
  const next = (): Promise<WatchLine> => {
    const line = lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (over) return Promise.reject(new Error("the watch has ended"));
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
    });
  };
  return {
    next,
    async until(last) {
      const seen: WatchLine[] = [];
      for (;;) {
        const line = await next();
        seen.push(line);
        if (last(line)) return seen;
      }
    },
    ended: ended.promise,
    close: () => response.destroy(),
  };
}

/** A ConfigMap for the tests that need any object. */
export function configMap(name: string, data: Record<string, string> = {}, metadata: object = {}): Loose {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...metadata }, data };
}
