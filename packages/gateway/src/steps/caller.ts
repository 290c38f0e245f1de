import { HEADER_KEY, SandgateError } from "@sandgate/contract";
import type { ApiKeys } from "../auth/api-keys.ts";
import type { HeaderFields } from "../engine/head/header-fields.ts";
import type { ConnectionMemory } from "./connection-memory.ts";

/** Who asks. */
export interface Caller {
  /** For logs. */
  id: string;
  /** Whose sandboxes he reaches. */
  user: string;
  /** Reaches everybody's. */
  admin: boolean;
  /** The Authorization header was for us and must not reach the sandbox. */
  usedAuthorization: boolean;
}

/** Whoever reaches a gateway without an authenticator; on loopback that is the person at the machine. */
const OPERATOR: Caller = { id: "operator", user: "default", admin: true, usedAuthorization: false };

/**
 * Who the request comes from.
 *
 * @param keys - Null where everybody is let in.
 * @throws SandgateError UNAUTHENTICATED; the message does not say whether a key exists.
 */
export function authenticate(fields: HeaderFields, keys: ApiKeys | null, memory: ConnectionMemory): Caller {
  if (keys === null) return OPERATOR;
  const own = fields.value(HEADER_KEY);
  const key = own ?? keyOfAuthorization(fields.value("authorization"));
  if (key === undefined || key === "")
    throw new SandgateError("UNAUTHENTICATED", "The request carries no API key.");
  if (key === memory.key && keys.generation === memory.generation && memory.caller !== null) {
    const usedAuthorization = own === undefined;
    return memory.caller.usedAuthorization === usedAuthorization
      ? memory.caller
      : { ...memory.caller, usedAuthorization };
  }
  const found = keys.find(key);
  if (found === undefined) throw new SandgateError("UNAUTHENTICATED", "The API key is not valid.");
  const caller = { id: found.id, user: found.user, admin: found.admin, usedAuthorization: own === undefined };
  memory.key = key;
  memory.generation = keys.generation;
  memory.caller = caller;
  return caller;
}

function keyOfAuthorization(header: string | undefined): string | undefined {
  const match = /^(bearer|basic) +(\S+)$/i.exec(header ?? "");
  if (match === null) return undefined;
  const [, scheme = "", value = ""] = match;
  if (scheme.toLowerCase() === "bearer") return value;
  // Clients that can only put credentials into a URL send the key as the password; the name before it is free.
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1 ? undefined : text.slice(colon + 1);
}
