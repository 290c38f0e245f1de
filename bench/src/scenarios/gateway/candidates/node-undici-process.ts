/**
 * A proxy of `node:http` and undici with the least it takes, as a process of its own.
 *
 * Arguments: the port, a file with origins by `user/sandbox`.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Pool } from "undici";

const [port, file = ""] = process.argv.slice(2);
const origins = new Map(Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, string>));
const pools = new Map<string, Pool>();

const ADDRESS = /^\/([^/]+\/[^/]+)(\/.*)$/;
const DROPPED = new Set(["connection", "keep-alive", "transfer-encoding", "expect", "upgrade"]);
const FORWARDED = /^x-forwarded-/i;

interface Call {
  pool: Pool;
  path: string;
  headers: string[];
}

function callOf(request: IncomingMessage): Call | null {
  const [, key = "", path = ""] = ADDRESS.exec(request.url ?? "") ?? [];
  const origin = origins.get(key);
  if (origin === undefined) return null;
  const headers: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? "";
    if (DROPPED.has(name.toLowerCase()) || FORWARDED.test(name)) continue;
    headers.push(name, request.rawHeaders[index + 1] ?? "");
  }
  headers.push("X-Forwarded-For", request.socket.remoteAddress ?? "", "X-Forwarded-Proto", "http");
  headers.push("X-Forwarded-Host", request.headers.host ?? "", "X-Forwarded-Prefix", `/${key}`);
  let pool = pools.get(origin);
  if (pool === undefined) pools.set(origin, (pool = new Pool(origin, { bodyTimeout: 0, headersTimeout: 0 })));
  return { pool, path, headers };
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const call = callOf(request);
  if (call === null) {
    response.writeHead(404).end();
    return;
  }
  const { pool, path, headers } = call;
  const hasBody =
    request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  pool
    .stream(
      {
        path,
        method: request.method as "GET",
        headers,
        body: hasBody ? request : null,
        responseHeaders: "raw",
      },
      ({ statusCode, headers: answered }) => {
        response.writeHead(statusCode, withoutDropped(answered as unknown as Buffer[]));
        return response;
      },
    )
    .catch(() => response.destroy());
}

function withoutDropped(raw: readonly Buffer[]): string[] {
  const headers: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]?.toString("latin1") ?? "";
    if (!DROPPED.has(name.toLowerCase())) headers.push(name, raw[index + 1]?.toString("latin1") ?? "");
  }
  return headers;
}

function upgrade(request: IncomingMessage, client: Duplex): void {
  const call = callOf(request);
  client.on("error", () => client.destroy());
  if (call === null) {
    client.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const { pool, path, headers } = call;
  pool
    .upgrade({ path, headers: Object.fromEntries(pairs(headers)), protocol: "websocket" })
    .then(({ socket, headers: answered }) => {
      const lines = Object.entries(answered).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
      socket.on("error", () => client.destroy());
      socket.pipe(client).pipe(socket);
    })
    .catch(() => client.destroy());
}

function* pairs(list: readonly string[]): Iterable<[string, string]> {
  for (let index = 0; index < list.length; index += 2) yield [list[index] ?? "", list[index + 1] ?? ""];
}

const server = createServer({ keepAliveTimeout: 600_000 }, forward);
server.on("upgrade", upgrade);
server.listen(Number(port), "127.0.0.1", 16_384);
