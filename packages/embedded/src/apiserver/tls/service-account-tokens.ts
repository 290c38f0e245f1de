import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
} from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { replaceFile } from "./certificates.ts";
import type { User } from "./users.ts";

const ISSUER = "https://kubernetes.default.svc";
const HEADER = Buffer.from(JSON.stringify({ alg: "ES256", typ: "JWT" })).toString("base64url");
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const DEFAULT_SECONDS = 3600;

export interface TokenSubject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface IssuedToken {
  readonly token: string;
  /** Those asked for; the server's own where none were. */
  readonly audiences: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
}

/** Tokens of ServiceAccounts: JSON web tokens with a key of the cluster's own. */
export interface ServiceAccountTokens {
  /** @param seconds - Lifetime wished for; absent: an hour. */
  issue(subject: TokenSubject, audiences: readonly string[], seconds: number | undefined): IssuedToken;
  /** Whose token this is; undefined for a forged or expired one. Whether the account still exists is not asked. */
  read(token: string): (TokenSubject & { readonly audiences: readonly string[] }) | undefined;
}

export function openServiceAccountTokens(keyPath: string, now: () => number): ServiceAccountTokens {
  if (!existsSync(keyPath)) {
    const made = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    replaceFile(keyPath, made.export({ type: "pkcs8", format: "pem" }) as string);
  }
  const key = createPrivateKey(readFileSync(keyPath, "utf8"));
  const publicKey = createPublicKey(key);

  return {
    issue({ namespace, name, uid }, audiences, seconds = DEFAULT_SECONDS) {
      const accepted = audiences.length > 0 ? audiences : [ISSUER];
      const issuedAt = Math.floor(now() / 1000);
      const expiresAt = issuedAt + Math.min(Math.max(seconds, MIN_SECONDS), MAX_SECONDS);
      const claims = {
        iss: ISSUER,
        sub: `system:serviceaccount:${namespace}:${name}`,
        aud: accepted,
        iat: issuedAt,
        nbf: issuedAt,
        exp: expiresAt,
        jti: randomUUID(),
        "kubernetes.io": { namespace, serviceaccount: { name, uid } },
      };
      const text = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
      const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
      return {
        token: `${text}.${signature.toString("base64url")}`,
        audiences: accepted,
        expiresAtMs: expiresAt * 1000,
      };
    },
    read(token) {
      const [header, payload = "", signature = "", ...more] = token.split(".");
      // The algorithm is this server's choice: a token with any other header is not one of its own.
      if (header !== HEADER || more.length > 0) return undefined;
      const signed = Buffer.from(`${header}.${payload}`);
      const bytes = Buffer.from(signature, "base64url");
      if (!verify("sha256", signed, { key: publicKey, dsaEncoding: "ieee-p1363" }, bytes)) return undefined;
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as {
        exp: number;
        aud: string[];
        "kubernetes.io": { namespace: string; serviceaccount: { name: string; uid: string } };
      };
      if (claims.exp * 1000 <= now()) return undefined;
      const { namespace, serviceaccount } = claims["kubernetes.io"];
      return { namespace, ...serviceaccount, audiences: claims.aud };
    },
  };
}

/** The user that a ServiceAccount is. */
export function serviceAccountUser({ namespace, name, uid }: TokenSubject): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    allowed: false,
  };
}

export function isForThisServer(audiences: readonly string[]): boolean {
  return audiences.includes(ISSUER);
}
