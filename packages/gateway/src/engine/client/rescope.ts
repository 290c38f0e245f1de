import type { HeaderFields } from "../head/header-fields.ts";
import type { KnownHeader } from "../head/known-headers.ts";

/** Under which address of the gateway a sandbox's own paths stand. */
export interface Rescope {
  /** `/user/sandbox` or `/user/sandbox:port`; empty where it has an origin of its own. */
  readonly prefix: string;
  /** Host that the client used, as a sandbox may write it into its URLs. */
  readonly host: string;
  /** What the sandbox was asked for, without the prefix. */
  readonly path: string;
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
  if (fields.times("set-cookie") > 0) {
    for (const cookie of fields.values("set-cookie")) text += line("Set-Cookie", rescopeCookie(cookie, to));
  }
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

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
/** A step up, in whatever spelling clients take for one. */
const STEP_UP = /(?:^|[/\\])(?:\.|%2e){2}(?:[/\\?#]|$)/i;

/**
 * A reference that is meant for the sandbox's own root. Relative ones fit as they are. One that has the prefix already was made
 * by a program that heeds X-Forwarded-Prefix. Steps up end at the sandbox's root, as they do where nothing is above it: else
 * they would lead a client, and what it sends along, to another sandbox.
 */
export function rescopeUrl(url: string, to: Rescope): string {
  // Browsers pass over tabs, and take a scheme without slashes for none and a backslash for a slash.
  if (url.includes("\t")) return rescopeUrl(url.replaceAll("\t", ""), to);
  if (/^https?:(?!\/\/)/i.test(url)) return rescopeUrl(url.slice(url.indexOf(":") + 1), to);
  if (url.startsWith("\\")) return rescopeUrl(`/${url}`, to);
  const { prefix, host } = to;
  const origin = /^(?:https?:)?\/\/[/\\]*(?:[^/?#\\@]*@)?([^/?#\\]*)/i.exec(url);
  if (origin !== null) {
    if (origin[1]?.toLowerCase() !== host.toLowerCase()) return url;
    const path = withoutSteps(url.slice(origin[0].length));
    return isUnder(path, prefix)
      ? origin[0] + path
      : origin[0] + prefix + (path.startsWith("/") ? path : `/${path}`);
  }
  if (!url.startsWith("/")) return STEP_UP.test(url) && !SCHEME.test(url) ? rescopeSteps(url, to) : url;
  const path = withoutSteps(url);
  return isUnder(path, prefix) ? path : prefix + path;
}

/** A path, as the client would follow it. */
function withoutSteps(path: string): string {
  return STEP_UP.test(path) ? followed(path, "") : path;
}

function rescopeSteps(url: string, { prefix, path }: Rescope): string {
  return isUnder(followed(url, prefix + path), prefix) ? url : prefix + followed(url, path);
}

function followed(url: string, from: string): string {
  const base = "http://sandbox";
  // Without a place to follow it from it is no reference but a path, whatever it begins with.
  const to = from === "" ? URL.parse(base + url) : URL.parse(url, base + from);
  return to === null ? "/" : to.pathname + to.search + to.hash;
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
