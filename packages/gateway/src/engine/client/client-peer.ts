import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** Who is at the other end of a connection, and at which address of ours. Streams of one HTTP/2 session share theirs. */
export interface ClientPeer {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly localPort: number;
  /** By TLS. */
  readonly secure: boolean;
  /** It speaks HTTP/2. */
  http2: boolean;
  /** Of the handler: what it keeps from one request to the next. */
  memory: unknown;
}

export function peerOf(socket: Socket): ClientPeer {
  return {
    remoteAddress: plainAddress(socket.remoteAddress),
    localAddress: plainAddress(socket.localAddress),
    localPort: socket.localPort ?? 0,
    secure: socket instanceof TLSSocket,
    http2: false,
    memory: null,
  };
}

/** As a socket has it; IPv4 in its own form where a listener for IPv6 took it. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}
