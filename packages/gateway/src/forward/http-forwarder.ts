import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { SandgateError } from "@sandgate/contract";
import { createConnections, type Connections } from "./connections.ts";
import { broken, failureOf, tooSlow, unreachable } from "./failures.ts";
import type { Forwarder, ForwarderTimeouts, ForwardRequest, ForwardResult } from "./forwarder.ts";
import { responseHeaders } from "./request-headers.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { OpenTunnel } from "./tunnel-agent.ts";

/** A forwarder over Node's own HTTP client: plain, correct, and replaceable behind its interface. */
export function createHttpForwarder(timeouts: ForwarderTimeouts, openTunnel?: OpenTunnel): Forwarder {
  const connections = createConnections(openTunnel);

  async function forward(call: ForwardRequest, response: ServerResponse): Promise<ForwardResult> {
    const began = performance.now();
    const { request } = call;
    const hasBody =
      request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
    // A kept connection may have been closed by the sandbox just now. That shows as a reset before any answer, and a
    // request that changes nothing and has no body may then be sent again, on a connection of its own.
    const repeatable = !hasBody && ["GET", "HEAD", "OPTIONS"].includes(request.method ?? "");
    const answer = await open(call, response, hasBody, call.ownConnection === true).catch(
      (error: unknown) => {
        if (repeatable && error instanceof StaleConnection) return open(call, response, hasBody, true);
        throw error instanceof StaleConnection ? error.failure : error;
      },
    );
    const firstByteMs = performance.now() - began;
    await relay(answer, response);
    return { status: answer.statusCode ?? 502, firstByteMs };
  }

  function timeoutsOf({ firstByteTimeoutMs = timeouts.firstByteTimeoutMs }: ForwardRequest): {
    connectTimeoutMs: number;
    firstByteTimeoutMs: number;
  } {
    return {
      connectTimeoutMs: Math.min(timeouts.connectTimeoutMs, firstByteTimeoutMs),
      firstByteTimeoutMs,
    };
  }

  /** Sends the request; resolves with the head of the answer. */
  function open(
    call: ForwardRequest,
    response: ServerResponse,
    hasBody: boolean,
    own: boolean,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { request } = call;
      const upstream = httpRequest(optionsOf(call, connections, own, hasBody));
      const watch = new Stopwatch();
      let connected = false;
      let gone = false;
      const { connectTimeoutMs, firstByteTimeoutMs } = timeoutsOf(call);
      const fail = (error: Error): void => {
        watch.stop();
        upstream.destroy();
        reject(error);
      };
      const clientGone = (): void => {
        gone = true;
        watch.stop();
        upstream.destroy();
      };
      response.once("close", clientGone);
      watchConnect(
        upstream,
        watch,
        connectTimeoutMs,
        () => {
          connected = true;
          watch.start(firstByteTimeoutMs, () => fail(tooSlow(call, firstByteTimeoutMs)));
        },
        () => fail(unreachable(call, `no connection within ${connectTimeoutMs} ms`)),
      );
      upstream.on("error", (error: NodeJS.ErrnoException) => {
        if (gone) {
          reject(new SandgateError("BROKEN", "The client has gone.", { cause: error }));
          return;
        }
        const failure = failureOf(call, error, connected);
        fail(upstream.reusedSocket && error.code === "ECONNRESET" ? new StaleConnection(failure) : failure);
      });
      upstream.on("continue", () => response.writeContinue());
      upstream.on("information", (info) => {
        if (info.statusCode === 103) response.writeEarlyHints(info.headers as Record<string, string>);
      });
      upstream.on("upgrade", (_answer, socket) => {
        socket.destroy();
        fail(broken(call, new Error("it switched protocols without being asked")));
      });
      upstream.once("response", (answer) => {
        watch.stop();
        response.off("close", clientGone);
        resolve(answer);
      });
      if (!hasBody) {
        upstream.end();
        return;
      }
      // Time to the first byte counts from the last byte of the request.
      request.on("data", () => watch.refresh());
      request.pipe(upstream);
      request.once("error", () => upstream.destroy());
    });
  }

  function relay(answer: IncomingMessage, response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const watch = new Stopwatch();
      const cut = (): void => {
        watch.stop();
        answer.destroy();
        response.destroy();
        resolve();
      };
      watch.start(timeouts.idleTimeoutMs, cut);
      response.sendDate = false;
      response.writeHead(
        answer.statusCode ?? 502,
        answer.statusMessage ?? "",
        responseHeaders(answer.rawHeaders, answer.headers.connection),
      );
      // The head goes at once: an event stream may say nothing for a while.
      response.flushHeaders();
      answer.on("data", (chunk: Buffer) => {
        watch.refresh();
        if (!response.write(chunk)) {
          answer.pause();
          response.once("drain", () => answer.resume());
        }
      });
      answer.once("end", () => {
        watch.stop();
        if (answer.rawTrailers.length > 0) response.addTrailers(pairs(answer.rawTrailers));
        response.end(() => resolve());
      });
      answer.once("error", cut);
      answer.once("aborted", cut);
      response.once("close", () => {
        watch.stop();
        answer.destroy();
        resolve();
      });
    });
  }

  function upgrade(call: ForwardRequest, client: Duplex, head: Buffer): Promise<ForwardResult> {
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const options = optionsOf(call, connections, true, false);
      const headers = [
        ...call.headers,
        "Connection",
        "Upgrade",
        "Upgrade",
        call.request.headers.upgrade ?? "",
      ];
      const upstream = httpRequest({ ...options, headers });
      const watch = new Stopwatch();
      let connected = false;
      const { connectTimeoutMs, firstByteTimeoutMs } = timeoutsOf(call);
      const fail = (error: Error): void => {
        watch.stop();
        client.off("close", clientGone);
        upstream.destroy();
        reject(error);
      };
      const clientGone = (): void => fail(new SandgateError("BROKEN", "The client has gone."));
      client.once("close", clientGone);
      watchConnect(
        upstream,
        watch,
        connectTimeoutMs,
        () => {
          connected = true;
          watch.start(firstByteTimeoutMs, () => fail(tooSlow(call, firstByteTimeoutMs)));
        },
        () => fail(unreachable(call, `no connection within ${connectTimeoutMs} ms`)),
      );
      upstream.on("error", (error) => fail(failureOf(call, error, connected)));
      upstream.once("upgrade", (answer, socket, rest) => {
        watch.stop();
        client.off("close", clientGone);
        const result = { status: 101, firstByteMs: performance.now() - began };
        client.write(headText(answer, true));
        if (rest.length > 0) client.write(rest);
        if (head.length > 0) socket.write(head);
        tunnel(client, socket, () => resolve(result));
      });
      upstream.once("response", (answer) => {
        // Refused by the sandbox: its answer is passed on, and the connection ends with it.
        watch.stop();
        client.off("close", clientGone);
        client.write(headText(answer, false));
        answer.pipe(client);
        answer.once("close", () =>
          resolve({ status: answer.statusCode ?? 502, firstByteMs: performance.now() - began }),
        );
      });
      upstream.end();
    });
  }

  return { forward, upgrade, close: () => connections.close() };
}

/** A kept connection turned out to be closed before the request had an answer. */
class StaleConnection extends Error {
  readonly failure: Error;

  constructor(failure: Error) {
    super(failure.message);
    this.failure = failure;
  }
}

function optionsOf(
  call: ForwardRequest,
  connections: Connections,
  own: boolean,
  hasBody: boolean,
): RequestOptions {
  const { request } = call;
  const framing =
    hasBody && request.headers["transfer-encoding"] !== undefined ? ["Transfer-Encoding", "chunked"] : [];
  return {
    ...connections.to(call.target, own),
    method: request.method,
    path: call.path,
    headers: [...call.headers, ...framing],
    setHost: false,
  };
}

function watchConnect(
  upstream: ClientRequest,
  watch: Stopwatch,
  timeoutMs: number,
  onConnected: () => void,
  onTimeout: () => void,
): void {
  upstream.once("socket", (socket) => {
    // One that failed at once, as by a route that is none, is neither: its error is on the way.
    if (socket.readyState === "closed") return;
    if (!socket.connecting) {
      onConnected();
      return;
    }
    watch.start(timeoutMs, onTimeout);
    socket.once("connect", onConnected);
  });
}

/** Bytes both ways, each direction ending on its own; the tunnel is over when both have, or one breaks. */
function tunnel(client: Duplex, sandbox: Socket, done: () => void): void {
  sandbox.setNoDelay(true);
  sandbox.setKeepAlive(true, 30_000);
  const cut = (): void => {
    client.destroy();
    sandbox.destroy();
  };
  let open = 2;
  const closed = (): void => {
    cut();
    if (--open === 0) done();
  };
  client.once("close", closed).once("error", cut);
  sandbox.once("close", closed).once("error", cut);
  client.pipe(sandbox);
  sandbox.pipe(client);
}

function headText(answer: IncomingMessage, upgraded: boolean): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ""}`];
  const headers = responseHeaders(answer.rawHeaders, answer.headers.connection);
  for (let index = 0; index + 1 < headers.length; index += 2)
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  if (upgraded) lines.push("Connection: Upgrade", `Upgrade: ${answer.headers.upgrade ?? ""}`);
  else lines.push("Connection: close");
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index] ?? "",
    flat[2 * index + 1] ?? "",
  ]);
}
