import type { CelFunc } from "@bufbuild/cel";
import {
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  labelValue,
  qualifiedName,
} from "../../registry/validation/names.ts";
import { hasFormat } from "../formats.ts";
import { compilePattern } from "../pattern.ts";
import type { CelLibrary } from "./load-cel.ts";
import { opaque, opaqueText } from "./opaque-value.ts";

/** Formats by the names that `format.named` has for them. */
const NAMED: Readonly<Record<string, (text: string) => boolean>> = {
  dns1123Label: (text) => dnsLabel(text) === undefined,
  dns1123Subdomain: (text) => dnsSubdomain(text) === undefined,
  dns1035Label: (text) => dns1035Label(text) === undefined,
  qualifiedName: (text) => qualifiedName(text) === undefined,
  labelValue: (text) => labelValue(text) === undefined,
  uri: (text) => hasFormat("uri", text),
  uuid: (text) => hasFormat("uuid", text),
  byte: (text) => hasFormat("byte", text),
  date: (text) => hasFormat("date", text),
  datetime: (text) => hasFormat("date-time", text),
};

/** Kubernetes' functions on texts: regular expressions and URLs. */
export function textFunctions(cel: CelLibrary): CelFunc[] {
  const { celFunc, celMethod, listType, mapType } = cel;
  const { BOOL, DYN, INT, STRING } = cel.CelScalar;
  const LIST = listType(STRING);
  const url = (name: string, read: (parsed: URL, text: string) => string): CelFunc =>
    celMethod(name, DYN, [], STRING, function () {
      const text = opaqueText(cel, "url", this);
      return read(parseUrl(text), text);
    });
  return [
    celMethod("matches", STRING, [STRING], BOOL, function (source) {
      return patternOf(source).test(this);
    }),
    celMethod("find", STRING, [STRING], STRING, function (source) {
      return findAll(source, this, 1)[0] ?? "";
    }),
    celMethod("findAll", STRING, [STRING], LIST, function (source) {
      return findAll(source, this, -1);
    }),
    celMethod("findAll", STRING, [STRING, INT], LIST, function (source, limit) {
      return findAll(source, this, Number(limit));
    }),
    celFunc("url", [STRING], DYN, (text) => {
      parseUrl(text);
      return opaque(cel, "url", text);
    }),
    celFunc("isURL", [STRING], BOOL, isUrl),
    url("getScheme", (parsed, text) => (text.startsWith("/") ? "" : parsed.protocol.slice(0, -1))),
    url("getHost", (parsed, text) => (text.startsWith("/") ? "" : hostOf(parsed, text))),
    url("getHostname", (parsed, text) =>
      text.startsWith("/") ? "" : parsed.hostname.replace(/^\[|\]$/g, ""),
    ),
    url("getPort", (_, text) => /^[^/]*\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(text)?.[1] ?? ""),
    url("getEscapedPath", (parsed, text) =>
      /^[^/]*\/\/[^/?#]*(?:[?#]|$)/.test(text) ? "" : parsed.pathname,
    ),
    celMethod("getQuery", DYN, [], mapType(STRING, LIST), function () {
      const { searchParams } = parseUrl(opaqueText(cel, "url", this));
      const names = new Set(searchParams.keys());
      return new Map([...names].map((name) => [name, searchParams.getAll(name)]));
    }),
    ...Object.keys(NAMED).map((name) =>
      celFunc(`format.${name}`, [], DYN, () => opaque(cel, "format", name)),
    ),
    celMethod("validate", DYN, [STRING], DYN, function (text) {
      const name = opaqueText(cel, "format", this);
      return opaque(cel, "optional", NAMED[name]?.(text) === true ? [] : [[`is no ${name}`]]);
    }),
  ];
}

function patternOf(source: string): { test(text: string): boolean } {
  const pattern = compilePattern(source);
  if (pattern === undefined) throw new Error(`invalid regular expression: ${source}`);
  return pattern;
}

/** Up to this length of text, parts are looked for; RE2 here only tells whether there is a match. */
const MOST_SEARCHED = 512;

/** The parts of a text that match, leftmost and longest first, at most `limit` of them if it is not negative. */
function findAll(source: string, text: string, limit: number): string[] {
  if (text.length > MOST_SEARCHED)
    throw new Error(`cannot search a text of more than ${MOST_SEARCHED} characters`);
  const whole = compilePattern(`^(?:${source})$`);
  if (whole === undefined || !patternOf(source).test(text)) return [];
  const anchoredStart = source.startsWith("^");
  const anchoredEnd = source.endsWith("$") && !source.endsWith("\\$");
  const found: string[] = [];
  let start = 0;
  const most = limit < 0 ? text.length + 1 : limit;
  while (start <= text.length && found.length < most) {
    if (anchoredStart && start > 0) break;
    const end = longestMatch(whole, text, start, anchoredEnd);
    if (end === undefined) start += 1;
    else {
      found.push(text.slice(start, end));
      start = end === start ? end + 1 : end;
    }
  }
  return found;
}

function longestMatch(
  whole: { test(text: string): boolean },
  text: string,
  start: number,
  anchoredEnd: boolean,
): number | undefined {
  for (let end = text.length; end >= start; end--) {
    if (whole.test(text.slice(start, end))) return end;
    if (anchoredEnd) return undefined;
  }
  return undefined;
}

function isUrl(text: string): boolean {
  return text.startsWith("/")
    ? !/\s/.test(text)
    : /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && URL.canParse(text);
}

function parseUrl(text: string): URL {
  if (!isUrl(text)) throw new Error(`URL parse error during conversion from string: ${text}`);
  return text.startsWith("/") ? new URL(text, "http://localhost") : new URL(text);
}

/** With the port as it was written: a default one is not left out. */
function hostOf({ hostname }: URL, text: string): string {
  const port = /^[^/]*\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(text)?.[1];
  return port === undefined ? hostname : `${hostname}:${port}`;
}
