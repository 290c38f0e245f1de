import { answerHead, broken, cut, ok, okChunked, taken, type HostileResponse } from "./message.ts";

const LENGTH = "RFC 9112, 6.3";
const TE = "RFC 9112, 6.1";
const CHUNK = "RFC 9112, 7.1";
const NEXT = ok(["Content-Length: 6", "X-Injected: yes"], "poison");
const POISON = "response queue poisoning";
const LAST = "0\r\n\r\n";

function length(value: string): string {
  return ok([`Content-Length: ${value}`], "hello");
}

function te(value: string, ...lines: readonly string[]): string {
  return ok([`Transfer-Encoding: ${value}`, ...lines], `5\r\nhello\r\n${LAST}`);
}

export const responseLengths: readonly HostileResponse[] = [
  broken(
    "length-two-different",
    "two Content-Length that differ",
    LENGTH,
    ok(["Content-Length: 5", "Content-Length: 6"], "hello"),
  ),
  broken(
    "length-two-equal",
    "two equal Content-Length",
    LENGTH,
    ok(["Content-Length: 5", "Content-Length: 5"], "hello"),
  ),
  broken("length-list", "the list 5, 5", LENGTH, length("5, 5")),
  ...[
    "+5",
    "-5",
    "0x5",
    "5.0",
    "5e0",
    "five",
    "",
    "1 0",
    "5;",
    "1000000000000005",
    "18446744073709551621",
  ].map((value) =>
    broken(
      `length-${value === "" ? "empty" : value.replaceAll(" ", "_")}`,
      `the length ${value === "" ? "empty" : value}`,
      "RFC 9110, 8.6: digits only",
      length(value),
    ),
  ),
  broken("length-and-te", "Content-Length and Transfer-Encoding", LENGTH, te("chunked", "Content-Length: 5")),
  broken("te-identity", "identity", TE, te("identity")),
  broken("te-gzip", "gzip", TE, te("gzip"), { lastly: "end" }),
  broken("te-gzip-chunked", "gzip, chunked", TE, te("gzip, chunked")),
  broken("te-chunked-gzip", "chunked, gzip", TE, te("chunked, gzip")),
  broken("te-twice", "chunked twice", TE, te("chunked", "Transfer-Encoding: chunked")),
  broken("te-xchunked", "xchunked", "known obfuscations", te("xchunked")),
  broken("te-vertical-tab", "a vertical tab before chunked", "known obfuscations", te("\x0bchunked")),
  broken("te-parameter", "a parameter", TE, te("chunked;a=b")),
  broken("te-empty", "an empty value", TE, te("")),
  broken(
    "te-1.0",
    "chunked in HTTP/1.0",
    TE,
    answerHead("HTTP/1.0 200 OK", "Transfer-Encoding: chunked") + `5\r\nhello\r\n${LAST}`,
  ),
  broken(
    "length-zeros-before",
    "three zeros before the number",
    `${LENGTH}; octal to strtol with base 0 and its like`,
    ok(["Content-Length: 0005"], "hello"),
  ),
  taken(
    "length-longer",
    "bytes behind the body",
    `${LENGTH}; ${POISON}`,
    ok(["Content-Length: 5"], "hello!"),
    {},
  ),
  taken(
    "length-longer-answer",
    "a whole answer behind the body",
    POISON,
    ok(["Content-Length: 5"], `hello${NEXT}`),
    {},
  ),
  taken("length-zero-body", "a body in spite of Content-Length: 0", POISON, ok(["Content-Length: 0"], NEXT), {
    body: "",
  }),
  taken(
    "length-head-body",
    "a body in an answer to HEAD",
    `RFC 9110, 9.3.2; ${POISON}`,
    ok(["Content-Length: 5"], "hello"),
    { method: "HEAD", body: "" },
  ),
  taken(
    "length-head-chunks",
    "chunks in an answer to HEAD",
    `RFC 9110, 9.3.2; ${POISON}`,
    okChunked(`5\r\nhello\r\n${LAST}`),
    { method: "HEAD", body: "" },
  ),
  taken(
    "length-head",
    "a length without a body in an answer to HEAD",
    "RFC 9110, 9.3.2",
    ok(["Content-Length: 5"]),
    { method: "HEAD", body: "", kept: true },
  ),
  taken(
    "length-204-body",
    "a body in a 204",
    `RFC 9110, 15.3.5; ${POISON}`,
    `${answerHead("HTTP/1.1 204 No Content")}hello`,
    { status: 204, body: "" },
  ),
  taken(
    "length-204-length",
    "Content-Length and a body in a 204",
    POISON,
    `${answerHead("HTTP/1.1 204 No Content", "Content-Length: 5")}hello`,
    { status: 204, body: "", cuts: ["content-length"] },
  ),
  taken(
    "length-204-chunks",
    "chunks in a 204",
    POISON,
    `${answerHead("HTTP/1.1 204 No Content", "Transfer-Encoding: chunked")}${LAST}`,
    { status: 204, body: "", cuts: ["transfer-encoding"] },
  ),
  taken(
    "length-304-length",
    "a length without a body in a 304",
    "RFC 9110, 15.4.5",
    answerHead("HTTP/1.1 304 Not Modified", "Content-Length: 5"),
    { status: 304, body: "", kept: true },
  ),
  taken(
    "length-304-body",
    "a body in a 304",
    POISON,
    `${answerHead("HTTP/1.1 304 Not Modified", "Content-Length: 5")}hello`,
    { status: 304, body: "" },
  ),
  taken("length-none", "no length: until the connection ends", LENGTH, ok([], "hello"), { lastly: "end" }),
  taken("length-none-1.0", "HTTP/1.0 without a length", LENGTH, `${answerHead("HTTP/1.0 200 OK")}hello`, {
    lastly: "end",
  }),
  taken(
    "length-none-looks-like-two",
    "no length, and a body that looks like another answer",
    POISON,
    ok([], `hello${NEXT}`),
    { lastly: "end", body: `hello${NEXT}` },
  ),
  taken(
    "length-close",
    "Connection: close, and the sandbox does not close",
    "RFC 9112, 9.6",
    ok(["Content-Length: 5", "Connection: close"], "hello"),
    {},
  ),
  cut(
    "length-shorter",
    "a body shorter than its length",
    "RFC 9112, 8",
    ok(["Content-Length: 50"], "hello"),
    { lastly: "end" },
  ),
  cut("length-shorter-reset", "a reset within the body", "RFC 9112, 8", ok(["Content-Length: 50"], "hello"), {
    lastly: "reset",
  }),
  cut("length-none-reset", "no length, and a reset", "RFC 9112, 8: must not look whole", ok([], "hello"), {
    lastly: "reset",
  }),
  taken("idle-answer", "a whole answer on the idle connection", POISON, ok(["Content-Length: 5"], "hello"), {
    idle: NEXT,
  }),
  taken("idle-byte", "one byte on the idle connection", POISON, ok(["Content-Length: 5"], "hello"), {
    idle: "\n",
  }),
  taken(
    "idle-interim",
    "an interim answer on the idle connection",
    POISON,
    ok(["Content-Length: 5"], "hello"),
    { idle: "HTTP/1.1 100 Continue\r\n\r\n" },
  ),
  taken(
    "idle-408",
    "408 on the idle connection, as some servers say goodbye",
    POISON,
    ok(["Content-Length: 5"], "hello"),
    { idle: answerHead("HTTP/1.1 408 Request Timeout", "Content-Length: 0") },
  ),
];

export const interimAnswers: readonly HostileResponse[] = [
  taken(
    "interim-100",
    "100 that nobody asked for",
    "RFC 9110, 15.2.1",
    `${answerHead("HTTP/1.1 100 Continue")}${length("5")}`,
    { kept: true },
  ),
  taken(
    "interim-103",
    "103 before the answer",
    "RFC 8297",
    `${answerHead("HTTP/1.1 103 Early Hints", "Link: </a>; rel=preload")}${length("5")}`,
    { kept: true, interim: [103] },
  ),
  taken(
    "interim-three",
    "three interim answers",
    "RFC 9110, 15.2",
    `${answerHead("HTTP/1.1 103 Early Hints").repeat(3)}${length("5")}`,
    { kept: true, interim: [103, 103, 103] },
  ),
  broken(
    "interim-flood",
    "ten thousand interim answers",
    "to be bounded",
    answerHead("HTTP/1.1 103 Early Hints").repeat(10_000) + length("5"),
  ),
  broken(
    "interim-flood-100",
    "ten thousand times 100",
    "to be bounded",
    answerHead("HTTP/1.1 100 Continue").repeat(10_000) + length("5"),
  ),
  broken(
    "interim-body",
    "an interim answer with a length and a body",
    POISON,
    `${answerHead("HTTP/1.1 103 Early Hints", "Content-Length: 5")}hello${length("5")}`,
  ),
  broken(
    "interim-only",
    "an interim answer, then the end",
    "RFC 9112, 8",
    answerHead("HTTP/1.1 103 Early Hints"),
    { method: "POST", lastly: "end" },
  ),
  broken(
    "interim-101",
    "101 to a request that asked for no upgrade",
    "RFC 9110, 15.2.2: would be a tunnel of the sandbox's making",
    `${answerHead("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket")}\x81\x05hello`,
  ),
  broken(
    "interim-101-bare",
    "101 without Upgrade",
    "RFC 9110, 15.2.2",
    answerHead("HTTP/1.1 101 Switching Protocols") + NEXT,
  ),
  broken(
    "interim-101-h2c",
    "101 to h2c",
    "h2c smuggling",
    answerHead("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: h2c"),
  ),
];

export const responseChunks: readonly HostileResponse[] = [
  ...[
    ["", "empty"],
    ["x", "a word"],
    ["0x5", "0x before it"],
    ["+5", "a plus sign"],
    ["-5", "a minus sign"],
    [" 5", "a blank before it"],
    ["5 ", "a blank behind it"],
    ["5\t", "a tab behind it"],
    ["5\0", "a NUL behind it"],
    ["0000000000005", "13 digits"],
    ["10000000000000005", "2^64 + 5"],
    ["5;a\x01", "a control byte in its extension"],
    ["5;a\rb", "a bare CR in its extension"],
    ["5\r", "CR CR LF behind it"],
  ].map(([size = "", what = ""]) =>
    cut(
      `chunk-size-${what.replaceAll(/[^A-Za-z0-9]+/g, "-")}`,
      `a chunk size: ${what}`,
      CHUNK,
      okChunked(`${size}\r\nhello\r\n${LAST}`),
    ),
  ),
  cut("chunk-size-lf", "a size line that ends by LF alone", CHUNK, okChunked(`5\nhello\r\n${LAST}`)),
  cut(
    "chunk-ext-lf",
    "an extension with an LF",
    "TERM.EXT, chunk extensions, research of 2025",
    okChunked(`5;a\nb\r\nhello\r\n${LAST}`),
  ),
  cut(
    "chunk-ext-long",
    "an extension of 100,000 bytes",
    "to be bounded",
    okChunked(`5;${"a".repeat(100_000)}\r\nhello\r\n${LAST}`),
  ),
  cut("chunk-end-none", "no CR LF behind the data", CHUNK, okChunked(`5\r\nhello${LAST}`)),
  cut("chunk-end-lf", "LF alone behind the data", CHUNK, okChunked(`5\r\nhello\n${LAST}`)),
  cut("chunk-end-xx", "two other bytes behind the data", CHUNK, okChunked(`5\r\nhelloxx${LAST}`)),
  cut(
    "chunk-second-bad",
    "a first chunk in order, a second not",
    CHUNK,
    okChunked(`5\r\nhello\r\nzz\r\nhello\r\n${LAST}`),
  ),
  cut("chunk-last-lf", "the last chunk ends by LF LF", CHUNK, okChunked("5\r\nhello\r\n0\r\n\n")),
  cut("chunk-last-junk", "junk in place of the last CR LF", CHUNK, okChunked("5\r\nhello\r\n0\r\nX\r\n")),
  cut(
    "chunk-no-last",
    "no last chunk, and the end",
    "RFC 9112, 8: must not look whole",
    okChunked("5\r\nhello\r\n"),
    { lastly: "end" },
  ),
  cut("chunk-no-last-reset", "no last chunk, and a reset", "RFC 9112, 8", okChunked("5\r\nhello\r\n"), {
    lastly: "reset",
  }),
  cut("chunk-cut-size", "the end within a size", "RFC 9112, 8", okChunked("5\r\nhello\r\n5"), {
    lastly: "end",
  }),
  cut("chunk-cut-last", "the end within the last chunk", "RFC 9112, 8", okChunked("5\r\nhello\r\n0\r\n"), {
    lastly: "end",
  }),
  cut(
    "chunk-trailer-no-colon",
    "a trailer without a colon",
    "RFC 9112, 7.1.2",
    okChunked("5\r\nhello\r\n0\r\nX-A\r\n\r\n"),
  ),
  cut(
    "chunk-trailer-lf",
    "a trailer that ends by LF alone",
    "RFC 9112, 7.1.2",
    okChunked("5\r\nhello\r\n0\r\nX-A: b\n\r\n"),
  ),
  cut(
    "chunk-trailer-fold",
    "a folded trailer",
    "RFC 9112, 7.1.2",
    okChunked("5\r\nhello\r\n0\r\nX-A: b\r\n c\r\n\r\n"),
  ),
  cut(
    "chunk-trailer-length",
    "Content-Length as a trailer",
    "RFC 9110, 6.5.1",
    okChunked("5\r\nhello\r\n0\r\nContent-Length: 100\r\n\r\n"),
  ),
  cut(
    "chunk-trailer-cookie",
    "Set-Cookie as a trailer",
    "RFC 9110, 6.5.1",
    okChunked("5\r\nhello\r\n0\r\nSet-Cookie: a=b\r\n\r\n"),
  ),
  cut(
    "chunk-trailer-error",
    "Sandgate-Error as a trailer",
    "it would pass for the gateway's own",
    okChunked("5\r\nhello\r\n0\r\nSandgate-Error: INTERNAL\r\n\r\n"),
  ),
  cut(
    "chunk-trailers-long",
    "trailers of 100,000 bytes",
    "to be bounded",
    okChunked(`5\r\nhello\r\n0\r\nX-A: ${"b".repeat(100_000)}\r\n\r\n`),
  ),
  taken(
    "chunk-longer",
    "a whole answer behind the last chunk",
    POISON,
    okChunked(`5\r\nhello\r\n${LAST}${NEXT}`),
    {},
  ),
  taken(
    "chunk-longer-crlf",
    "CR LF behind the last chunk",
    POISON,
    okChunked(`5\r\nhello\r\n${LAST}\r\n`),
    {},
  ),
  taken(
    "chunk-plain",
    "chunks with extension and trailer in order",
    CHUNK,
    okChunked("2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX-A: b\r\n\r\n"),
    { kept: true },
  ),
  taken("chunk-upper", "CHUNKED in upper case", TE, te("CHUNKED"), { kept: true }),
];
