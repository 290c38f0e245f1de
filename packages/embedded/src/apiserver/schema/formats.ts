import { isIPv4, isIPv6 } from "node:net";

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const HOST_LABEL = /^(?!-)[A-Za-z0-9\u00a1-\uffff-]{1,63}(?<!-)$/;
const DURATION =
  /^(?:\s*\d+(?:\.\d+)?\s*(?:ns|nanos?|us|µs|micros?|ms|millis?|s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hr|hours?|d|days?|w|weeks?))+$/;
const SHORT_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

type Check = (text: string) => boolean;

/** Formats of strings that a schema can ask for, without the hyphens in their names. */
const FORMATS: Readonly<Record<string, Check>> = {
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  uri: isUri,
  email: (text) => /^(?:[^\s@<>]+|.*<[^\s@<>]+@[^\s@<>]+>$)/.test(text) && /[^\s@]@[^\s@]/.test(text),
  hostname: (text) =>
    text.length > 0 && text.length <= 255 && text.split(".").every((label) => HOST_LABEL.test(label)),
  ipv4: isIPv4,
  ipv6: (text) => isIPv6(text) && !text.includes("%"),
  cidr: isCidr,
  mac: (text) =>
    /^[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?:(?:\1[0-9a-f]{2}){2}|(?:\1[0-9a-f]{2}){14})?$/i.test(
      text,
    ) || /^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}(?:\.[0-9a-f]{4}|(?:\.[0-9a-f]{4}){7})?$/i.test(text),
  uuid: (text) => UUID.test(text),
  uuid3: (text) => UUID.test(text) && text.replaceAll("-", "")[12] === "3",
  uuid4: (text) => isUuidOf(text, "4"),
  uuid5: (text) => isUuidOf(text, "5"),
  byte: (text) => BASE64.test(text),
  password: () => true,
  date: isDate,
  duration: (text) => isGoDuration(text) || DURATION.test(text),
  datetime: isDateTime,
  k8sshortname: (text) => text.length <= 63 && SHORT_NAME.test(text),
  k8slongname: (text) => text.length <= 253 && text.split(".").every((label) => SHORT_NAME.test(label)),
};

/** Whether a text has a format; true for a format that is not known, which means nothing to Kubernetes. */
export function hasFormat(format: string, text: string): boolean {
  const name = format.replaceAll("-", "");
  const check = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  return check === undefined || check(text);
}

/** Whether a schema's `format` means anything for strings. */
export function isKnownFormat(format: string): boolean {
  return Object.hasOwn(FORMATS, format.replaceAll("-", ""));
}

function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) return false;
  const at = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return at.getUTCMonth() + 1 === Number(month) && at.getUTCDate() === Number(day);
}

/** RFC 3339, as `2026-01-31T23:59:59Z`. */
export function isDateTime(text: string): boolean {
  const lower = text.toLowerCase();
  const split = lower.indexOf("t");
  if (split === -1 || !isDate(lower.slice(0, split))) return false;
  const [, hour = "", minute = "", second = ""] = TIME.exec(lower.slice(split + 1)) ?? [];
  return hour !== "" && hour <= "23" && minute <= "59" && second <= "59";
}

/** A sequence of numbers with units, as Go writes durations: `1h30m`. */
function isGoDuration(text: string): boolean {
  return /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text);
}

export function isCidr(text: string): boolean {
  const [address = "", prefix = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false;
  if (isIPv4(address)) return Number(prefix) <= 32;
  return isIPv6(address) && !address.includes("%") && Number(prefix) <= 128;
}

function isUri(text: string): boolean {
  if (text.startsWith("/")) return !/\s/.test(text);
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text);
}

function isUuidOf(text: string, version: string): boolean {
  const digits = text.replaceAll("-", "").toLowerCase();
  return UUID.test(text) && digits[12] === version && "89ab".includes(digits[16] ?? "");
}
