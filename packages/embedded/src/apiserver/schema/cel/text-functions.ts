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
  const { BOOL, DYN, STRING } = cel.CelScalar;
  const LIST = listType(STRING);
  const url = (name: string, read: (parsed: URL, text: string) => string): CelFunc =>
    celMethod(name, DYN, [], STRING, function () {
      const text = opaqueText(cel, "url", this);
      return read(parseUrl(text), text);
    });
  return [
    celMethod("matches", STRING, [STRING], BOOL, function (source) {
      const pattern = compilePattern(source);
      if (pattern === undefined) throw new Error(`invalid regular expression: ${source}`);
      return pattern.test(this);
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
