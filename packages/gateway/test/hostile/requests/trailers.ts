import { byte, chunked, hex, passed, refused, SMUGGLED, type HostileRequest } from "./message.ts";

const RFC = "RFC 9112, 7.1.2";
const FRAMING = "RFC 9110, 6.5.1: what frames, routes or authenticates is never a trailer";

function trailer(...lines: readonly string[]): string {
  return chunked(`5\r\nhello\r\n0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`);
}

export const trailers: readonly HostileRequest[] = [
  passed("trailer-plain", "a trailer", RFC, trailer("X-Checksum: abc")),
  passed("trailer-three", "three trailers", RFC, trailer("X-A: 1", "X-B: 2", "X-C: 3")),
  refused("trailer-no-colon", "a line without a colon", RFC, trailer("X-A")),
  refused("trailer-space-colon", "a space before the colon", RFC, trailer("X-A : b")),
  refused("trailer-empty-name", "an empty name", RFC, trailer(": b")),
  refused("trailer-fold", "a folded line", RFC, trailer("X-A: b", " c")),
  refused("trailer-bare-lf", "a line that ends by LF alone", RFC, chunked("5\r\nhello\r\n0\r\nX-A: b\n\r\n")),
  refused("trailer-lf-end", "trailers that end by LF alone", RFC, chunked("5\r\nhello\r\n0\r\nX-A: b\r\n\n")),
  refused("trailer-bare-cr", "a bare CR within a value", RFC, trailer("X-A: b\rc")),
  ...[0x00, 0x0b, 0x7f].map((code) =>
    refused(
      `trailer-byte-${code.toString(16).padStart(2, "0")}`,
      `${hex(code)} within a value`,
      "RFC 9110, 5.5",
      trailer(`X-A: b${byte(code)}`),
    ),
  ),
  refused(
    "trailer-request",
    "a request in place of trailers",
    "smuggling by servers that do not read trailers",
    chunked(`5\r\nhello\r\n0\r\n${SMUGGLED}`),
  ),
  refused(
    "trailer-long",
    "a trailer of 20,000 bytes",
    "to be bounded",
    trailer(`X-A: ${"b".repeat(20_000)}`),
    400,
    431,
  ),
  refused(
    "trailer-many",
    "10,000 trailers",
    "to be bounded",
    trailer(...Array.from({ length: 10_000 }, (_, index) => `X-${index}: y`)),
    400,
    431,
  ),
  ...[
    ["Content-Length: 100", "does not frame"],
    ["Transfer-Encoding: gzip", "does not frame"],
    ["Host: other.example", "does not route"],
    ["Authorization: Bearer x", "says nobody's name"],
    ["Cookie: session=x", "says nobody's name"],
    ["Content-Type: text/html", "does not say what came before"],
    ["Connection: close", "is for the head"],
    ["X-Forwarded-For: 10.0.0.1", "would be believed by servers that merge trailers into headers"],
    ["X-Forwarded-Host: other.example", "would be believed by servers that merge trailers into headers"],
    ["Forwarded: for=10.0.0.1", "would be believed by servers that merge trailers into headers"],
    ["X-Sandbox-ID: other", "names no sandbox"],
  ].map(([line = "", why = ""]) => {
    const name = line.slice(0, line.indexOf(":"));
    return refused(`trailer-${name.toLowerCase()}`, `${name} as a trailer ${why}`, FRAMING, trailer(line));
  }),
];
