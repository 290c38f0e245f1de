import { hash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isUserName, silentLogger, type Logger } from "@sandgate/contract";
import { parse } from "yaml";
import { followFiles } from "../follow-files.ts";
import { StartError } from "../start-error.ts";

export interface ApiKey {
  id: string;
  /** SHA-256 of the key. */
  hash: Buffer;
  user: string;
  admin: boolean;
}

export interface ApiKeys {
  /** The key's entry. It is looked up by its hash, of which nobody can choose a part, and compared in constant time. */
  find(key: string): ApiKey | undefined;
  /** Another number each time that the keys have changed. */
  readonly generation: number;
  /** How often the file was read again, and could not be used. */
  readonly failures: number;
  close(): void;
}

const MEMBERS = new Set(["id", "sha256", "user", "roles"]);
const ROLES = new Set(["admin"]);

/**
 * Reads the file of keys and follows its changes. A change that cannot be read leaves the old keys in force and is logged.
 *
 * @throws Error that names file and entry where the file cannot be used at the start.
 */
export async function openApiKeys(path: string, logger: Logger = silentLogger): Promise<ApiKeys> {
  let keys = byHash(parseApiKeys(await readFirst(path), path));
  let generation = 0;
  let failures = 0;
  const reload = (): void => {
    readFile(path, "utf8")
      .then((text) => {
        keys = byHash(parseApiKeys(text, path));
        generation++;
        logger.info("API keys read again", { keys: keys.size });
      })
      .catch((error: unknown) => {
        failures++;
        logger.error("API keys could not be read again; the old ones stay", {
          error: (error as Error).message,
        });
      });
  };
  const unfollow = followFiles([path], reload);
  return {
    find(key) {
      const digest = hash("sha256", key, "buffer");
      const found = keys.get(digest.toString("latin1"));
      return found !== undefined && timingSafeEqual(digest, found.hash) ? found : undefined;
    },
    get generation() {
      return generation;
    },
    get failures() {
      return failures;
    },
    close: unfollow,
  };
}

function byHash(keys: readonly ApiKey[]): ReadonlyMap<string, ApiKey> {
  return new Map(keys.map((key) => [key.hash.toString("latin1"), key]));
}

async function readFirst(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new StartError(`The API keys cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws StartError that names the entry and what is wrong with it. */
export function parseApiKeys(text: string, path: string): readonly ApiKey[] {
  let list: unknown;
  try {
    list = parse(text);
  } catch (error) {
    throw new StartError(`${path} is not YAML: ${(error as Error).message}`, { cause: error });
  }
  if (!Array.isArray(list) || list.length === 0) {
    throw new StartError(`${path}: expected a list of {id, sha256, user, roles}`);
  }
  const seen = new Set<string>();
  return list.map((entry: unknown, index) => {
    const wrong = (what: string): Error => new StartError(`${path}: entry ${index + 1}: ${what}`);
    if (entry === null || typeof entry !== "object") throw wrong("is no object");
    const { id, sha256, user, roles = [] } = entry as Record<string, unknown>;
    const unknown = Object.keys(entry).filter((name) => !MEMBERS.has(name));
    if (unknown.length > 0) throw wrong(`unknown members ${unknown.join(", ")}`);
    if (typeof id !== "string" || id === "") throw wrong("id is missing");
    if (seen.has(id)) throw wrong(`id ${id} is there twice`);
    seen.add(id);
    if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(sha256))
      throw wrong("sha256 is no SHA-256 in hex");
    if (typeof user !== "string" || !isUserName(user)) throw wrong("user is no user name");
    if (!Array.isArray(roles) || roles.some((role) => !ROLES.has(role as string))) {
      throw wrong(`roles must be a list of: ${[...ROLES].join(", ")}`);
    }
    return { id, hash: Buffer.from(sha256, "hex"), user, admin: roles.includes("admin") };
  });
}
