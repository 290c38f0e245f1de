/** What of a query the access log says. */
export type QueryInLog = "drop" | "redact" | "keep";

/** Characters of a path, and of what is said of its query: a line is no place for sixteen kilobytes that somebody made up. */
const MOST = 1_024;

/**
 * A request's target as the log has it. What stands in a query may be a secret, and nobody could tell; so it is
 *
 * - `drop`: only said that there is one, as in `/run?…`
 * - `redact`: `/run?token=…&page=…`, the names alone; a part without `=` may be a value, and has none
 * - `keep`: as it came
 */
export function loggedPath(target: string, query: QueryInLog): string {
  const at = target.indexOf("?");
  if (at === -1) return cut(target);
  const path = cut(target.slice(0, at));
  if (query === "drop") return `${path}?…`;
  return `${path}?${cut(query === "keep" ? target.slice(at + 1) : namesOf(target.slice(at + 1)))}`;
}

function namesOf(query: string): string {
  return query
    .split("&")
    .map((part) => {
      const equals = part.indexOf("=");
      return equals === -1 ? "…" : `${part.slice(0, equals)}=…`;
    })
    .join("&");
}

function cut(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}
