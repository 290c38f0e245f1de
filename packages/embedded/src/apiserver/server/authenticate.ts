import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { KNOWN_USERS, type User } from "../tls/users.ts";

export interface Authenticator {
  /** Who sends this request; undefined: nobody known. */
  (request: IncomingMessage): User | undefined;
}

/** By a client certificate of the server's own CA, else by a bearer token. */
export function createAuthenticator(tokenUser: (token: string) => User | undefined): Authenticator {
  const byName = new Map(Object.values(KNOWN_USERS).map((user) => [user.name, user]));
  /** A connection has one certificate, and reading it is dear. */
  const bySocket = new WeakMap<TLSSocket, User>();
  return (request) => {
    const socket = request.socket as TLSSocket;
    if (socket.authorized) {
      const known = bySocket.get(socket);
      if (known !== undefined) return known;
      const name: unknown = socket.getPeerCertificate().subject?.CN;
      const user = typeof name === "string" ? byName.get(name) : undefined;
      if (user !== undefined) {
        bySocket.set(socket, user);
        return user;
      }
    }
    const token = bearerToken(request);
    return token === undefined ? undefined : tokenUser(token);
  };
}

const WEBSOCKET_TOKEN = "base64url.bearer.authorization.k8s.io.";

/** From the header, or from the WebSocket protocol list, where browsers have to put it. */
function bearerToken(request: IncomingMessage): string | undefined {
  const header = /^bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? "")?.[1];
  if (header !== undefined) return header;
  const protocols = (request.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((protocol) => protocol.trim());
  const carrier = protocols.find((protocol) => protocol.startsWith(WEBSOCKET_TOKEN));
  if (carrier === undefined) return undefined;
  return Buffer.from(carrier.slice(WEBSOCKET_TOKEN.length), "base64url").toString("utf8");
}
