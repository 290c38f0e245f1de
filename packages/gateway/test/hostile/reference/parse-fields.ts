/** A field section by the grammar of RFC 9112, one regular expression for a line. Slow, and independent of the gateway. */
import type { Fields } from "./messages.ts";

/** `name ":" OWS value OWS`, without its CR LF. */
const LINE =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[ \t\x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/;

export type Section = { fields: Fields; end: number } | "more" | { wrong: string };

/**
 * Reads lines up to and with the empty one.
 *
 * @returns Its fields and where it ends; `more` where it is not all there; else what is wrong.
 */
export function parseFields(bytes: string, from: number): Section {
  const fields: [string, string][] = [];
  let at = from;
  for (;;) {
    const end = bytes.indexOf("\r\n", at);
    if (end === -1) return couldBegin(bytes.slice(at)) ? "more" : { wrong: "a field line" };
    const line = bytes.slice(at, end);
    at = end + 2;
    if (line === "") return { fields, end: at };
    const match = LINE.exec(line);
    if (match === null) return { wrong: `the field line ${JSON.stringify(line.slice(0, 80))}` };
    fields.push([match[1] ?? "", match[2] ?? ""]);
  }
}

/** Whether a line that is not at its end could still become a valid one. */
function couldBegin(part: string): boolean {
  const whole = part.endsWith("\r") ? part.slice(0, -1) : part;
  if (part.endsWith("\r") && whole === "") return true;
  if (part.endsWith("\r")) return LINE.test(whole);
  return whole === "" || LINE.test(whole) || LINE.test(`${whole}:`) || LINE.test(`${whole}x`);
}
