import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { replaceFile } from "./certificates.ts";

/** Who may use the embedded cluster: its owner and the parts of Sandgate. */
export const USER_NAMES = ["admin", "controllers", "node", "gateway"] as const;
export type UserName = (typeof USER_NAMES)[number];

/** Who asks. */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** Whether this user may do everything or, as a ServiceAccount, nothing. */
  readonly allowed: boolean;
}

export const KNOWN_USERS: Readonly<Record<UserName, User>> = {
  admin: { name: "sandgate-admin", groups: ["system:masters", "system:authenticated"], allowed: true },
  controllers: {
    name: "sandgate-controllers",
    groups: ["sandgate:system", "system:authenticated"],
    allowed: true,
  },
  node: { name: "system:node:local", groups: ["system:nodes", "system:authenticated"], allowed: true },
  gateway: { name: "sandgate-gateway", groups: ["sandgate:system", "system:authenticated"], allowed: true },
};

export type Tokens = Readonly<Record<UserName, string>>;

/** Reads the users' tokens, or makes them on the first start. */
export function ensureTokens(path: string): Tokens {
  const kept = existsSync(path) ? parseTokens(readFileSync(path, "utf8")) : undefined;
  if (kept !== undefined) return kept;
  const tokens = Object.fromEntries(
    USER_NAMES.map((name) => [name, randomBytes(32).toString("base64url")]),
  ) as unknown as Tokens;
  replaceFile(path, `${JSON.stringify(tokens)}\n`);
  return tokens;
}

/** Finds a token's user without telling by its duration how much of the token was right. */
export function createTokenCheck(tokens: Tokens): (token: string) => User | undefined {
  const rows = USER_NAMES.map((name) => ({ user: KNOWN_USERS[name], hash: sha256(tokens[name]) }));
  return (token) => {
    const hash = sha256(token);
    let found: User | undefined;
    for (const row of rows) if (timingSafeEqual(row.hash, hash)) found = row.user;
    return found;
  };
}

function parseTokens(text: string): Tokens | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<UserName, unknown>>;
    const complete = USER_NAMES.every((name) => typeof value[name] === "string" && value[name].length >= 32);
    return complete ? (value as Tokens) : undefined;
  } catch {
    return undefined;
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
