import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "@sandgate/contract";
import { createWebSocketStream, WebSocketServer, type WebSocket } from "ws";
import { listenOnSocket } from "./kubelet-socket.ts";
import { flag, parseLogOptions, serveLogs } from "./logs.ts";
import {
  PodAccessError,
  type ContainerProcess,
  type ContainerTarget,
  type PodAccess,
  type ProcessOptions,
} from "./pod-access.ts";
import { CHANNEL_PORT_FORWARD_PROTOCOL, serveChannelPortForward } from "./port-forward-channels.ts";
import {
  serveSpdyPortForward,
  SPDY_PORT_FORWARD_PROTOCOL,
  TUNNELED_PORT_FORWARD_PROTOCOL,
} from "./port-forward-spdy.ts";
import { serveSpdyRemoteCommand, SPDY_REMOTE_COMMAND_PROTOCOL } from "./remote-command-spdy.ts";
import { REMOTE_COMMAND_PROTOCOLS, serveRemoteCommand } from "./remote-command-websocket.ts";

/** Annotation of a Node: the Unix socket on which the API server reaches this server. */
export const KUBELET_SOCKET_ANNOTATION = "node.sandgate.dev/kubelet-socket";

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** As a kubelet's. The command of an exec stands in its URL. */
const MAX_HEADER_BYTES = 1024 * 1024;

export interface KubeletServer {
  readonly socketPath: string;
  close(): Promise<void>;
}

/**
 * The node's streaming server, with a kubelet's paths: `/containerLogs/NS/POD/CONTAINER`, `/exec/…`, `/attach/…` and
 * `/portForward/NS/POD`. It listens on a Unix socket in a folder of mode 0700: only the API server of the same user
 * reaches it, which has authenticated the caller.
 *
 * @param folder - For the socket alone: made here, or taken over where an earlier process has left it, and removed at the end.
 * @throws Error where somebody listens there.
 */
export async function startKubeletServer(
  folder: string,
  access: PodAccess,
  logger: Logger,
): Promise<KubeletServer> {
  const connections = new Set<Duplex>();
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => void answer(access, request, response),
  );
  server.on("connection", (connection: Duplex) => {
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
  });
  server.on("upgrade", (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on("error", (error) => logger.debug("kubelet connection failed", { error: error.message }));
    upgrade(access, request, connection, head).catch((error: unknown) => {
      const failure = toAccessError(error);
      const body = failure.message;
      connection.end(
        `HTTP/1.1 ${failure.status} Error\r\nContent-Type: text/plain\r\nConnection: close\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  });
  const socketPath = await listenOnSocket(server, folder);
  return {
    socketPath,
    async close() {
      for (const connection of connections) connection.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answer(access: PodAccess, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { action, target, query } = parsePath(request.url ?? "");
    if (action !== "containerLogs" || request.method !== "GET") {
      throw new PodAccessError(400, `${action} needs an upgrade to websocket or SPDY/3.1`);
    }
    await serveLogs(access, target, parseLogOptions(query, Date.now()), response);
  } catch (error) {
    const failure = toAccessError(error);
    if (response.headersSent) response.destroy();
    else response.writeHead(failure.status, { "content-type": "text/plain" }).end(failure.message);
  }
}

async function upgrade(
  access: PodAccess,
  request: IncomingMessage,
  connection: Duplex,
  head: Buffer,
): Promise<void> {
  const { action, target, query } = parsePath(request.url ?? "");
  const protocol = (request.headers.upgrade ?? "").toLowerCase();
  if (protocol !== "websocket" && protocol !== "spdy/3.1") {
    throw new PodAccessError(400, `cannot upgrade to ${JSON.stringify(protocol)}`);
  }
  if (action === "portForward") {
    const dial = (port: number): Promise<Duplex> => access.dial(target.namespace, target.pod, port);
    if (protocol === "spdy/3.1") {
      acceptSpdy(connection, head, SPDY_PORT_FORWARD_PROTOCOL);
      await serveSpdyPortForward(connection, dial);
      return;
    }
    const { socket, protocol: chosen } = await acceptWebSocket(request, connection, head, [
      TUNNELED_PORT_FORWARD_PROTOCOL,
      CHANNEL_PORT_FORWARD_PROTOCOL,
    ]);
    if (chosen === TUNNELED_PORT_FORWARD_PROTOCOL) {
      await serveSpdyPortForward(createWebSocketStream(socket), dial);
    } else {
      await serveChannelPortForward(socket, parsePorts(query), dial);
    }
    return;
  }
  if (action !== "exec" && action !== "attach") throw new PodAccessError(404, `no such path: ${action}`);
  const options = parseProcessOptions(query);
  const command = query.getAll("command");
  if (action === "exec" && command.length === 0)
    throw new PodAccessError(400, "you must specify at least 1 command");
  const start = (): Promise<ContainerProcess> =>
    action === "exec" ? access.exec(target, command, options) : access.attach(target, options);
  if (protocol === "spdy/3.1") {
    acceptSpdy(connection, head, SPDY_REMOTE_COMMAND_PROTOCOL);
    await serveSpdyRemoteCommand(connection, options, start);
  } else {
    const { socket } = await acceptWebSocket(request, connection, head, REMOTE_COMMAND_PROTOCOLS);
    await serveRemoteCommand(socket, start);
  }
}

function acceptSpdy(connection: Duplex, head: Buffer, protocol: string): void {
  connection.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n` +
      `X-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  if (head.length > 0) connection.unshift(head);
}

interface Accepted {
  socket: WebSocket;
  protocol: string;
}

function acceptWebSocket(
  request: IncomingMessage,
  connection: Duplex,
  head: Buffer,
  protocols: readonly string[],
): Promise<Accepted> {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const chosen = protocols.find((protocol) => offered.includes(protocol));
  if (chosen === undefined) {
    throw new PodAccessError(
      400,
      `none of the subprotocols ${offered.join(", ")} is known; known: ${protocols.join(", ")}`,
    );
  }
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  // The tunnel's name has a slash in it, which is no token of HTTP, and `ws` refuses it. So it is agreed on past `ws`.
  delete request.headers["sec-websocket-protocol"];
  server.once("headers", (headers) => headers.push(`Sec-WebSocket-Protocol: ${chosen}`));
  return new Promise((resolve) => {
    server.handleUpgrade(request, connection, head, (socket) => {
      // A broken connection closes the socket, which is what everything else waits for.
      socket.on("error", () => socket.terminate());
      resolve({ socket, protocol: chosen });
    });
  });
}

interface ParsedPath {
  action: string;
  target: ContainerTarget;
  query: URLSearchParams;
}

function parsePath(url: string): ParsedPath {
  const { pathname, searchParams } = new URL(url, "http://node");
  const [action = "", namespace, pod, container = ""] = pathname.slice(1).split("/").map(decodeURIComponent);
  if (namespace === undefined || pod === undefined || (container === "" && action !== "portForward")) {
    throw new PodAccessError(404, `no such path: ${pathname}`);
  }
  return { action, target: { namespace, pod, container }, query: searchParams };
}

function parseProcessOptions(query: URLSearchParams): ProcessOptions {
  const [stdin, stdout, stderr, tty] = (["stdin", "stdout", "stderr", "tty"] as const).map((name) =>
    flag(query, name),
  );
  if (!stdin && !stdout && !stderr)
    throw new PodAccessError(400, "you must specify at least 1 of stdin, stdout, stderr");
  return {
    stdin: stdin === true,
    stdout: stdout === true,
    stderr: stderr === true && tty !== true,
    tty: tty === true,
  };
}

function parsePorts(query: URLSearchParams): number[] {
  const ports = query
    .getAll("ports")
    .flatMap((value) => value.split(","))
    .map(Number);
  if (
    ports.length === 0 ||
    ports.length > 100 ||
    ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65535)
  ) {
    throw new PodAccessError(400, "ports: name at least one port from 1 to 65535");
  }
  return ports;
}

function toAccessError(error: unknown): PodAccessError {
  if (error instanceof PodAccessError) return error;
  return new PodAccessError(500, error instanceof Error ? error.message : String(error));
}
