import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from "node:tls";
import { ClientConnection, type ClientConnectionOwner, type Switch } from "./client/client-connection.ts";
import { peerOf, plainAddress, type ClientPeer } from "./client/client-peer.ts";
import type { EngineParts } from "./engine-parts.ts";
import { readPreface } from "./h2/client-preface.ts";
import { ClientSession, type ClientSessionOwner } from "./h2/client-session.ts";
import { Channel } from "./net/channel.ts";

/** Takes connections and serves the requests on them. */
export interface Listener {
  /** Listens and closes as any server of Node.js; its connections are the listener's own. */
  readonly server: Server;
  /** Numbers of its connections. */
  readonly traffic: ListenerTraffic;
  /** Takes no more connections and resolves when all are closed. Idempotent. */
  close(drainTimeoutMs: number): Promise<void>;
}

/** What a listener's connections have carried; requests of HTTP/2 are in the connection that they share. */
export interface ListenerTraffic {
  /** Connections that were accepted. */
  readonly accepted: number;
  /** Connections that were ended at once, because there were too many. */
  readonly refused: number;
  /** Those that are open. */
  readonly open: number;
  /** Bytes in both directions so far. It looks at every open connection. */
  bytes(): { in: number; out: number };
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
  const sessions = new Set<ClientSession>();
  const empty = Promise.withResolvers<void>();
  let closing: Promise<void> | null = null;
  let accepted = 0;
  let refused = 0;
  let open = 0;
  let ofClosed = { in: 0, out: 0 };
  const left = (): void => {
    if (closing !== null && connections.size + sessions.size === 0) empty.resolve();
  };
  const onClosed = (connection: ClientConnection): void => {
    connections.delete(connection);
    left();
  };
  const onSocketClosed = (connection: ClientConnection): void => {
    ofClosed = plus(ofClosed, connection.channel);
    open--;
    leave(connection.peer);
    onClosed(connection);
  };
  const forStreams: ClientConnectionOwner = { closed: onClosed, switches: null };
  // With TLS it is the handshake that says which protocol it is.
  const forSockets: ClientConnectionOwner = {
    closed: onSocketClosed,
    switches: tls === null ? switchProtocol : null,
  };
  const forSessions: ClientSessionOwner = {
    limits: parts.limits,
    open(stream, peer) {
      const connection = new ClientConnection(peer, parts, forStreams, (events) =>
        Channel.over(stream, events),
      );
      connections.add(connection);
      return connection;
    },
    closed(session) {
      sessions.delete(session);
      ofClosed = plus(ofClosed, session);
      open--;
      leave(session.peer);
      left();
    },
  };

  function accept(socket: Socket): void {
    // It may be gone before it is looked at; and a handshake may outlast the listener.
    if (socket.destroyed || closing !== null) {
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    if (tls === null && !enter(peer.remoteAddress)) {
      socket.resetAndDestroy();
      return;
    }
    accepted++;
    open++;
    if (socket instanceof TLSSocket && socket.alpnProtocol === "h2") openSession(socket, peer);
    else
      connections.add(
        new ClientConnection(peer, parts, forSockets, (events) =>
          takeOver && tls === null ? Channel.takeOver(socket, events) : Channel.over(socket, events),
        ),
      );
  }

  function enter(address: string): boolean {
    if (parts.connections.enter(address)) return true;
    refused++;
    return false;
  }

  function leave(peer: ClientPeer): void {
    if (tls === null) parts.connections.leave(peer.remoteAddress);
  }

  /** With TLS they count from before the handshake, which is what takes most. */
  function enterRaw(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress);
    if (enter(address)) socket.once("close", () => parts.connections.leave(address));
    else socket.destroy();
  }

  function openSession(socket: Socket, peer: ClientPeer): void {
    peer.http2 = true;
    const session = new ClientSession(socket, peer, forSessions);
    sessions.add(session);
    // Its first bytes may come when the others are told. Node.js has yet to read them.
    if (closing !== null) setImmediate(() => session.finish());
  }

  function switchProtocol(connection: ClientConnection, bytes: Buffer, start: number, end: number): Switch {
    const preface = readPreface(bytes, start, end);
    if (preface !== "whole") return preface === "begin" ? "more" : "none";
    connections.delete(connection);
    openSession(connection.channel.release(bytes.subarray(start, end)) as Socket, connection.peer);
    return "taken";
  }

  const server =
    tls === null
      ? createServer({ pauseOnConnect: takeOver, allowHalfOpen: true, noDelay: true }, accept)
      : createTlsServer(
          { ...tls, allowHalfOpen: true, noDelay: true, handshakeTimeout: parts.limits.headTimeoutMs },
          accept,
        );
  if (tls !== null) server.prependListener("connection", enterRaw);

  async function close(drainTimeoutMs: number): Promise<void> {
    server.close();
    for (const session of sessions) session.finish();
    const timers = [
      setTimeout(
        () => {
          for (const one of connections) one.finish();
        },
        Math.min(LINGER_MS, drainTimeoutMs),
      ),
      setTimeout(() => {
        for (const one of connections) one.exchange.giveUp();
      }, drainTimeoutMs),
      setTimeout(() => {
        for (const one of connections) one.destroy();
        for (const one of sessions) one.destroy();
      }, drainTimeoutMs + LAST_WORD_MS),
    ];
    if (connections.size + sessions.size > 0) await empty.promise;
    timers.forEach(clearTimeout);
  }

  const traffic: ListenerTraffic = {
    get accepted() {
      return accepted;
    },
    get refused() {
      return refused;
    },
    get open() {
      return open;
    },
    bytes() {
      let sum = ofClosed;
      for (const { channel } of connections) if (channel.socket !== null) sum = plus(sum, channel);
      for (const session of sessions) sum = plus(sum, session);
      return sum;
    },
  };
  return { server, traffic, close: (drainTimeoutMs) => (closing ??= close(drainTimeoutMs)) };
}

function plus(
  sum: { in: number; out: number },
  { received, sent }: { readonly received: number; readonly sent: number },
): { in: number; out: number } {
  return { in: sum.in + received, out: sum.out + sent };
}
