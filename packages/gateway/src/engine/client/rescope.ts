import type { HeaderFields } from "../head/header-fields.ts";
import type { KnownHeader } from "../head/known-headers.ts";

/** Under which address of the gateway a sandbox's own paths stand. */
export interface Rescope {
  /** `/user/sandbox` or `/user/sandbox:port`; empty where it has an origin of its own. */
  readonly prefix: string;
  /** Host that the client used, as a sandbox may write it into its URLs. */
  readonly host: string;
}

/** Headers that name a path of the sandbox's. */
export const RESCOPED = [
  "location",
  "content-location",
  "refresh",
  "set-cookie",
] as const satisfies KnownHeader[];

/** The lines of these headers as the client must see them. */
export function rescopeLines(fields: HeaderFields, to: Rescope): string {
  let text = "";
  for (const cookie of fields.values("set-cookie")) text += line("Set-Cookie", rescopeCookie(cookie, to));
  if (to.prefix === "") return text;
  if (fields.times("location") > 0) text += line("Location", rescopeUrl(fields.value("location") ?? "", to));
  if (fields.times("content-location") > 0)
    text += line("Content-Location", rescopeUrl(fields.value("content-location") ?? "", to));
  if (fields.times("refresh") > 0) text += line("Refresh", rescopeRefresh(fields.value("refresh") ?? "", to));
  return text;
}

function line(name: string, value: string): string {
  return `${name}: ${value}\r\n`;
}

/**
 * A reference that is meant for the sandbox's own root. Relative ones fit as they are. One that has the prefix already was made
 * by a program that heeds X-Forwarded-Prefix.
 */
export function rescopeUrl(url: string, { prefix, host }: Rescope): string {
  const origin = /^https?:\/\/([^/?#]*)/i.exec(url);
  if (origin !== null) {
    if (origin[1]?.toLowerCase() !== host.toLowerCase()) return url;
    const path = url.slice(origin[0].length);
    return isUnder(path, prefix) ? url : origin[0] + prefix + (path.startsWith("/") ? path : `/${path}`);
  }
  if (!url.startsWith("/") || url.startsWith("//") || isUnder(url, prefix)) return url;
  return prefix + url;
}

function isUnder(path: string, prefix: string): boolean {
  return (
    path.startsWith(prefix) && ["", "/", "?", "#"].includes(path.slice(prefix.length, prefix.length + 1))
  );
}

function rescopeRefresh(value: string, to: Rescope): string {
  const match = /^(\s*[0-9.]+\s*[;,]\s*url\s*=\s*)(["']?)(.*?)\2\s*$/i.exec(value);
  if (match === null) return value;
  const [, before = "", quote = "", url = ""] = match;
  return before + quote + rescopeUrl(url, to) + quote;
}

/** Bytes of an attribute's value that browsers take (RFC 6265bis, section 5.6). */
const MAX_COOKIE_ATTRIBUTE = 1024;

/**
 * No cookie is for a whole domain, where other sandboxes are. Its path is the sandbox's, and so lies under the prefix, where
 * there is one.
 */
export function rescopeCookie(cookie: string, { prefix }: Rescope): string {
  const [pair = "", ...attributes] = cookie.split(";");
  let path = prefix === "" ? null : `${prefix}/`;
  const kept: string[] = [];
  for (const attribute of attributes) {
    const equals = attribute.indexOf("=");
    const name = (equals === -1 ? attribute : attribute.slice(0, equals)).trim().toLowerCase();
    const value = equals === -1 ? "" : attribute.slice(equals + 1).trim();
    if (name === "domain") continue;
    if (name === "path" && path !== null) {
      if (!value.startsWith("/")) continue;
      const own = isUnder(value, prefix) ? value : prefix + value;
      // Browsers pass over longer ones, and then the path is what the request's was, without its last part.
      path = own.length > MAX_COOKIE_ATTRIBUTE ? `${prefix}/` : own;
    } else kept.push(attribute);
  }
  return [pair, ...(path === null ? [] : [` Path=${path}`]), ...kept].join(";");
}
