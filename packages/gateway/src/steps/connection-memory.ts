import type { BlockList } from "node:net";
import type { ClientPeer } from "../engine/client/client-peer.ts";
import type { parseHost } from "@sandgate/contract";
import { isTrusted } from "../site-rules.ts";
import type { Caller } from "./caller.ts";

/**
 * What the last request on a connection was found to say. The next one nearly always says the same, letter for letter, and
 * then needs no second look. Nothing here decides: the decision is made anew for each request.
 */
export interface ConnectionMemory {
  /** A Host header and the name in it. */
  host: string;
  hostname: string;
  /** A host name that was looked at for an address, and the one it is in host form. */
  addressedName: string;
  hostAddress: ReturnType<typeof parseHost>;
  /** A key and whose it was, in that generation of keys. */
  key: string;
  generation: number;
  caller: Caller | null;
  /** The peer's X-Forwarded-* are believed. */
  readonly trusted: boolean;
}

export function memoryOf(peer: ClientPeer, trusted: BlockList): ConnectionMemory {
  const known = peer.memory as ConnectionMemory | null;
  if (known !== null) return known;
  const memory: ConnectionMemory = {
    host: "",
    hostname: "",
    addressedName: "",
    hostAddress: null,
    key: "",
    generation: -1,
    caller: null,
    trusted: isTrusted(trusted, peer.remoteAddress),
  };
  peer.memory = memory;
  return memory;
}
