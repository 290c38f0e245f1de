import type { HeaderFields } from "./header-fields.ts";

/** What a message's Connection header says. */
export interface ConnectionOptions {
  readonly close: boolean;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  /** Lower-case names of headers that are for this hop only; null for none. */
  readonly named: ReadonlySet<string> | null;
}

/** Named by Connection these would change what the message is or who sent it: they keep to their own rules. */
const NOT_BY_CONNECTION: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "authorization",
  "cookie",
]);

const NONE: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, named: null };
/** What nearly every message says, read once. */
const USUAL: ReadonlyMap<string, ConnectionOptions> = new Map(
  ["keep-alive", "Keep-Alive", "close", "Upgrade", "upgrade", "keep-alive, Upgrade"].map((text) => [
    text,
    parseConnection(text),
  ]),
);

export function connectionOptions(fields: HeaderFields): ConnectionOptions {
  const text = fields.joined("connection");
  return text === undefined ? NONE : (USUAL.get(text) ?? parseConnection(text));
}

function parseConnection(text: string): ConnectionOptions {
  const options = new Set(text.split(",").map((option) => option.trim().toLowerCase()));
  const named = [...options].filter(
    (option) =>
      option !== "" &&
      option !== "close" &&
      option !== "keep-alive" &&
      option !== "upgrade" &&
      !NOT_BY_CONNECTION.has(option),
  );
  return {
    close: options.has("close"),
    keepAlive: options.has("keep-alive"),
    upgrade: options.has("upgrade"),
    named: named.length === 0 ? null : new Set(named),
  };
}
