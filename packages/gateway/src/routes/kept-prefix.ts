/** The ports whose paths go on with the prefix of their address. */
export type KeptPrefix = "all" | readonly number[];

const NONE: readonly never[] = [];

/** Reads the annotation; what is no port in it is passed over, as there is nobody to tell. */
export function parseKeptPrefix(text: string | undefined): KeptPrefix {
  if (text === undefined) return NONE;
  if (text.trim() === "*") return "all";
  const ports = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => /^[1-9][0-9]{0,4}$/.test(part))
    .map(Number)
    .filter((port) => port <= 65_535);
  return ports.length === 0 ? NONE : ports;
}

export function keepsPrefix(kept: KeptPrefix, port: number): boolean {
  return kept === "all" || kept.includes(port);
}
