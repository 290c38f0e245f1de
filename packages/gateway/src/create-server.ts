import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { SandgateError } from "@sandgate/contract";
import type { Handler } from "./handle-request.ts";

const HEAD_TIMEOUT_MS = 10_000;
const HEAD_BYTES = 16 * 1024;

/** The HTTP server of one listener, with its limits. */
export function createServer(handler: Handler): Server {
  const server = createHttpServer({
    maxHeaderSize: HEAD_BYTES,
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 5_000,
    noDelay: true,
    // Refused by parseHead, in the shape of its listener.
    requireHostHeader: false,
  });
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void handler.request(request, response);
  server.on("request", handle);
  // The sandbox says whether to go on; until then its client waits.
  server.on("checkContinue", handle);
  server.on("upgrade", (request, socket, first) => void handler.upgrade(request, socket, first));
  server.on("connect", (_request, socket) => {
    handler.refuse(socket, new SandgateError("METHOD_NOT_ALLOWED", "CONNECT is not passed on."));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else handler.refuse(socket, unreadable(error));
  });
  return server;
}

/** What the caller is told of a request that the parser gave up. */
function unreadable(error: NodeJS.ErrnoException): SandgateError {
  return error.code === "HPE_HEADER_OVERFLOW"
    ? new SandgateError(
        "REQUEST_HEAD_TOO_LARGE",
        `URL and headers of the request take more than ${HEAD_BYTES} bytes together.`,
      )
    : new SandgateError("REQUEST_MALFORMED", "The request could not be read.");
}
