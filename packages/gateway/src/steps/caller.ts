import { HEADER_KEY, SandgateError } from "@sandgate/contract";
import type { ApiKeys } from "../auth/api-keys.ts";
import type { HeaderFields } from "../engine/head/header-fields.ts";

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
export function authenticate(fields: HeaderFields, keys: ApiKeys | null): Caller {
  if (keys === null) return OPERATOR;
  const own = fields.value(HEADER_KEY);
  const key = own ?? keyOfAuthorization(fields.value("authorization"));
  const found = key === undefined || key === "" ? undefined : keys.find(key);
  if (found === undefined) {
    throw new SandgateError(
      "UNAUTHENTICATED",
      key === undefined ? "The request carries no API key." : "The API key is not valid.",
    );
  }
  return { id: found.id, user: found.user, admin: found.admin, usedAuthorization: own === undefined };
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
