/** Chunked bodies by the grammar of RFC 9112, 7.1. Slow, and independent of the gateway. */
import type { Fields } from "./messages.ts";
import { parseFields } from "./parse-fields.ts";

const SIZE_LINE = /^([0-9A-Fa-f]{1,12})(;.*)?$/s;
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
/** Names and values without spaces; what is quoted ends in its line. */
const EXTENSIONS = new RegExp(`^(?:[;=!#$%&'*+\\-.^_\`|~0-9A-Za-z]|${QUOTED})*$`);
/** A forbidden byte makes a line wrong before its end is there. */
const EXTENSION_BYTES = /^[\t\x20-\x7e\x80-\xff]*$/;

export type Chunks = { body: string; trailers: Fields; end: number } | "more" | { wrong: string };

export interface ChunkLimits {
  /** Bytes of the extensions of a whole body, each with its semicolon. */
  extensions: number;
  /** Bytes of the trailers with the empty line. */
  trailerBytes: number;
  trailers: number;
}

/** Names that decide what a message is, where it goes or who sends it. */
const NOT_A_TRAILER =
  /^(host|connection|content-(length|encoding|type|range)|transfer-encoding|trailer|te|upgrade|expect|authorization|cookie|set-cookie|sandgate-.*|x-sandbox-.*|x-forwarded-.*|proxy-.*|forwarded|x-real-ip|x-request-id)$/i;

/** Reads a chunked body from its first size on. */
export function parseChunks(bytes: string, from: number, limits: ChunkLimits): Chunks {
  let at = from;
  let body = "";
  let extensions = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const line = bytes.slice(at, lineEnd === -1 ? undefined : lineEnd);
    const whole = lineEnd === -1 ? line.replace(/\r$/, "") : line;
    if (lineEnd === -1 && line === "") return "more";
    const match = SIZE_LINE.exec(whole);
    const [, digits = "", extension = ""] = match ?? [];
    if (match === null || !EXTENSION_BYTES.test(extension))
      return { wrong: `the size line ${JSON.stringify(line.slice(0, 80))}` };
    extensions += extension.length;
    if (extensions > limits.extensions) return { wrong: "long extensions" };
    if (line.endsWith("\r") || lineEnd !== -1) {
      if (!EXTENSIONS.test(extension)) return { wrong: "the grammar of an extension" };
    }
    if (lineEnd === -1) return "more";
    at = lineEnd + 2;
    const size = Number.parseInt(digits, 16);
    if (size === 0) break;
    const data = bytes.slice(at, at + size);
    body += data;
    at += data.length;
    const behind = bytes.slice(at, at + 2);
    if (!"\r\n".startsWith(behind)) return { wrong: "no CR LF behind a chunk" };
    if (behind.length < 2) return "more";
    at += 2;
  }
  const section = parseFields(bytes, at);
  const end = section === "more" ? bytes.length : "end" in section ? section.end : at;
  if (end - at > limits.trailerBytes) return { wrong: "long trailers" };
  if (section === "more" || "wrong" in section) return section;
  if (section.fields.length > limits.trailers) return { wrong: "too many trailers" };
  const wrong = section.fields.find(([name]) => NOT_A_TRAILER.test(name));
  if (wrong !== undefined) return { wrong: `the trailer ${wrong[0]}` };
  return { body, trailers: section.fields, end: section.end };
}
