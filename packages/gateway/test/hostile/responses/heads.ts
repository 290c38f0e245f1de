import { answerHead, broken, ok, taken, type HostileResponse } from "./message.ts";

const LINE = "RFC 9112, 4";
const FIELDS = "RFC 9112, 5";
const REST = ["Content-Length: 5"];

function line(text: string): string {
  return `${answerHead(text, ...REST)}hello`;
}

function field(text: string): string {
  return ok([...REST, text], "hello");
}

export const statusLines: readonly HostileResponse[] = [
  broken("status-lower", "http/1.1 in lower case", LINE, line("http/1.1 200 OK")),
  broken("status-2.0", "HTTP/2.0", LINE, line("HTTP/2.0 200 OK")),
  broken("status-1.2", "HTTP/1.2", LINE, line("HTTP/1.2 200 OK")),
  broken("status-0.9", "HTTP/0.9 spelled out", LINE, line("HTTP/0.9 200 OK")),
  broken("status-1.10", "HTTP/1.10", LINE, line("HTTP/1.10 200 OK")),
  broken("status-no-minor", "HTTP/1", LINE, line("HTTP/1 200 OK")),
  broken("status-no-head", "a page without a head", "RFC 1945, 6: HTTP/0.9", "<html>hello</html>", {
    lastly: "end",
  }),
  broken("status-empty-answer", "the connection ends without an answer", "RFC 9112, 8", "", {
    method: "POST",
    lastly: "end",
  }),
  broken("status-reset", "a reset in place of an answer", "RFC 9112, 8", "", {
    method: "POST",
    lastly: "reset",
  }),
  broken("status-icy", "another protocol's name", LINE, line("ICY 200 OK")),
  broken("status-request", "a request in place of an answer", LINE, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
  broken("status-tls", "a TLS alert", LINE, "\x15\x03\x01\0\x02\x02\x28"),
  broken("status-h2", "a frame of HTTP/2", "RFC 9113, 3.4", "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64"),
  broken("status-two-digits", "two digits", LINE, line("HTTP/1.1 20 OK")),
  broken("status-four-digits", "four digits", LINE, line("HTTP/1.1 2000 OK")),
  broken("status-letters", "a letter among the digits", LINE, line("HTTP/1.1 20x OK")),
  broken("status-sign", "a sign before the digits", LINE, line("HTTP/1.1 +200 OK")),
  broken("status-099", "099", "RFC 9110, 15: three digits from 100 on", line("HTTP/1.1 099 OK")),
  broken("status-000", "000", "RFC 9110, 15", line("HTTP/1.1 000 OK")),
  broken("status-600", "600", "RFC 9110, 15: up to 599", line("HTTP/1.1 600 OK")),
  broken("status-none", "no status", LINE, line("HTTP/1.1 ")),
  broken("status-two-spaces", "two spaces before the status", LINE, line("HTTP/1.1  200 OK")),
  broken("status-tab", "a tab before the status", LINE, line("HTTP/1.1\t200 OK")),
  broken("status-leading-space", "a space before the version", LINE, line(" HTTP/1.1 200 OK")),
  broken(
    "status-leading-crlf",
    "an empty line before the answer",
    `${LINE}: only requests may have one`,
    `\r\n${line("HTTP/1.1 200 OK")}`,
  ),
  broken("status-leading-nul", "a NUL before the answer", LINE, `\0${line("HTTP/1.1 200 OK")}`),
  broken(
    "status-bare-lf",
    "the status line ends by LF alone",
    "RFC 9112, 2.2",
    `HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello`,
  ),
  broken(
    "status-only-lf",
    "LF alone everywhere",
    "RFC 9112, 2.2",
    "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
  ),
  broken(
    "status-bare-cr",
    "a bare CR within the reason: a header for some clients",
    "response splitting",
    line("HTTP/1.1 200 OK\rSet-Cookie: a=b"),
  ),
  broken("status-nul-reason", "a NUL within the reason", LINE, line("HTTP/1.1 200 O\0K")),
  broken("status-control-reason", "a control byte within the reason", LINE, line("HTTP/1.1 200 O\x01K")),
  broken("status-del-reason", "DEL within the reason", LINE, line("HTTP/1.1 200 O\x7fK")),
  taken("status-no-reason", "no reason", LINE, line("HTTP/1.1 200 "), { kept: true }),
  taken(
    "status-no-reason-space",
    "no reason, and no space before it",
    `${LINE}: what many servers send`,
    line("HTTP/1.1 200"),
    { kept: true },
  ),
  taken("status-obs-reason", "a reason in another script", LINE, line("HTTP/1.1 200 \xc3\x9cber"), {
    kept: true,
  }),
  taken("status-599", "599", "RFC 9110, 15", line("HTTP/1.1 599 x"), { status: 599, kept: true }),
];

export const responseFields: readonly HostileResponse[] = [
  broken("field-no-colon", "a line without a colon", FIELDS, field("X-A")),
  broken("field-space-colon", "a space before the colon", `${FIELDS}.1`, field("X-A : b")),
  broken(
    "field-te-space",
    "Transfer-Encoding with a space before the colon",
    `${FIELDS}.1; TE.CL`,
    field("Transfer-Encoding : chunked"),
  ),
  broken("field-empty-name", "an empty name", FIELDS, field(": b")),
  broken("field-space-first", "a folded line", `${FIELDS}.2`, field("X-A: b\r\n c")),
  broken(
    "field-fold-te",
    "Transfer-Encoding as the folded part of another header",
    `${FIELDS}.2`,
    field("X-A: b\r\n Transfer-Encoding: chunked"),
  ),
  broken("field-nul", "a NUL within a value", "RFC 9110, 5.5", field("X-A: b\0c")),
  broken("field-control", "a control byte within a value", "RFC 9110, 5.5", field("X-A: b\x01c")),
  broken("field-del", "DEL within a value", "RFC 9110, 5.5", field("X-A: b\x7fc")),
  broken(
    "field-bare-cr",
    "a bare CR within a value: another header for some clients",
    "response splitting",
    field("X-A: b\rSet-Cookie: a=b"),
  ),
  broken("field-bare-lf", "a line that ends by LF alone", "RFC 9112, 2.2", field("X-A: b\nSet-Cookie: a=b")),
  broken("field-name-byte", "a byte in a name that is none of a token", "RFC 9110, 5.6.2", field("X(A): b")),
  broken(
    "field-head-ends-lf",
    "the head ends by LF alone",
    "RFC 9112, 2.2",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello",
  ),
  broken(
    "field-many",
    "ten thousand headers",
    "to be bounded",
    ok([...REST, ...Array.from({ length: 10_000 }, (_, index) => `X-${index}: y`)], "hello"),
  ),
  broken("field-huge", "a value of 1 MiB", "to be bounded", field(`X-A: ${"b".repeat(1024 * 1024)}`)),
  broken(
    "field-endless",
    "a head of 1 MiB that does not end",
    "to be bounded",
    `HTTP/1.1 200 OK\r\nX-A: ${"b".repeat(1024 * 1024)}`,
  ),
  broken("field-cut", "cut within a head", "RFC 9112, 8", "HTTP/1.1 200 OK\r\nContent-Le", {
    method: "POST",
    lastly: "end",
  }),
  broken("field-cut-reset", "reset within a head", "RFC 9112, 8", "HTTP/1.1 200 OK\r\nContent-Le", {
    method: "POST",
    lastly: "reset",
  }),
  taken(
    "field-forged-error",
    "a forged Sandgate-Error does not arrive",
    "it would pass for the gateway's own",
    field("Sandgate-Error: UNAUTHENTICATED"),
    { kept: true, cuts: ["sandgate-error"] },
  ),
  taken(
    "field-hop",
    "what Connection names does not arrive",
    "RFC 9110, 7.6.1",
    ok([...REST, "X-Hop: a", "Keep-Alive: timeout=1", "Connection: X-Hop"], "hello"),
    { kept: true, cuts: ["x-hop"] },
  ),
  taken(
    "field-hop-length",
    "Connection names Content-Length",
    "RFC 9110, 7.6.1; hop-by-hop abuse",
    ok([...REST, "Connection: Content-Length"], "hello"),
    { kept: true },
  ),
  taken(
    "field-proxy-authenticate",
    "Proxy-Authenticate would have the client send the gateway's credentials",
    "RFC 9110, 11.7.1",
    field("Proxy-Authenticate: Basic"),
    { kept: true, cuts: ["proxy-authenticate"] },
  ),
  taken(
    "field-service-worker",
    "a sandbox in path mode takes no power over its neighbours",
    "one origin for all sandboxes",
    field("Service-Worker-Allowed: /"),
    { kept: true, ownOrigin: true, cuts: ["service-worker-allowed"] },
  ),
  taken(
    "field-clear-site-data",
    "nor over their data",
    "one origin for all sandboxes",
    field('Clear-Site-Data: "*"'),
    { kept: true, ownOrigin: true, cuts: ["clear-site-data"] },
  ),
  taken(
    "field-hsts",
    "nor over how the origin is reached",
    "one origin for all sandboxes",
    field("Strict-Transport-Security: max-age=1"),
    { kept: true, ownOrigin: true, cuts: ["strict-transport-security"] },
  ),
  taken(
    "field-alt-svc",
    "nor over where it is reached",
    "RFC 7838, 9",
    field('Alt-Svc: h2="evil.example:443"'),
    { kept: true, ownOrigin: true, cuts: ["alt-svc"] },
  ),
];
