import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { ClientConnection } from "./client/client-connection.ts";
import type { EngineParts } from "./engine-parts.ts";

/** Takes connections and serves the requests on them. */
export interface Listener {
  /** Listens and closes as any server of Node.js; its connections are the listener's own. */
  readonly server: Server;
  /** Takes no more connections and resolves when all are closed. Idempotent. */
  close(drainTimeoutMs: number): Promise<void>;
}

/** How long a kept connection may bring one more request: those on their way would meet a connection that is cut. */
const LINGER_MS = 1_000;
/** How long the last answers get to be sent. */
const LAST_WORD_MS = 200;

/**
 * @param takeOver - Whether accepted connections can be taken over, as `canTakeOver` found out.
 * @param tls - Null for cleartext.
 */
export function createListener(parts: EngineParts, takeOver: boolean, tls: TlsOptions | null): Listener {
  const connections = new Set<ClientConnection>();
  const empty = Promise.withResolvers<void>();
  let closing: Promise<void> | null = null;
  const onClosed = (connection: ClientConnection): void => {
    connections.delete(connection);
    if (closing !== null && connections.size === 0) empty.resolve();
  };
  const accept = (socket: Socket): void => {
    // It may be gone before it is looked at; and a handshake may outlast the listener.
    if (socket.destroyed || closing !== null) {
      socket.destroy();
      return;
    }
    connections.add(new ClientConnection(socket, parts, takeOver && tls === null, onClosed));
  };
  const server =
    tls === null
      ? createServer({ pauseOnConnect: takeOver, allowHalfOpen: true, noDelay: true }, accept)
      : createTlsServer({ ...tls, allowHalfOpen: true, noDelay: true }, accept);

  async function close(drainTimeoutMs: number): Promise<void> {
    server.close();
    const each = (act: (connection: ClientConnection) => void): void => [...connections].forEach(act);
    const timers = [
      setTimeout(() => each((one) => one.finish()), Math.min(LINGER_MS, drainTimeoutMs)),
      setTimeout(() => each((one) => one.exchange.giveUp()), drainTimeoutMs),
      setTimeout(() => each((one) => one.destroy()), drainTimeoutMs + LAST_WORD_MS),
    ];
    if (connections.size > 0) await empty.promise;
    timers.forEach(clearTimeout);
  }

  return { server, close: (drainTimeoutMs) => (closing ??= close(drainTimeoutMs)) };
}
