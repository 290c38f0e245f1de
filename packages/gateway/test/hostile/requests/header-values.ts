import { byte, get, head, hex, HOST, passed, PATH, refused, type HostileRequest } from "./message.ts";

const VALUE = "RFC 9110, 5.5: a control byte";
const LINES = "RFC 9112, 2.2";
const FOLD = "RFC 9112, 5.2";

export const headerValues: readonly HostileRequest[] = [
  ...[0x00, 0x01, 0x07, 0x08, 0x0b, 0x0c, 0x0e, 0x1a, 0x1b, 0x1f, 0x7f].map((code) =>
    refused(
      `value-byte-${code.toString(16).padStart(2, "0")}`,
      `${hex(code)} within a value`,
      code === 0x7f ? `${VALUE}; nginx takes it` : code === 0 ? `${VALUE}; HAProxy takes it` : VALUE,
      get(`X-A: b${byte(code)}c`),
    ),
  ),
  refused("value-nul-first", "a NUL at the begin of a value", VALUE, get("X-A: \0b")),
  refused("value-bare-cr", "a bare CR within a value", LINES, get("X-A: b\rc")),
  refused(
    "value-bare-cr-header",
    "a bare CR that hides a header",
    `${LINES}; header smuggling`,
    get("X-A: b\rTransfer-Encoding: chunked"),
  ),
  refused("value-bare-cr-end", "CR CR LF at the end of a value", LINES, get("X-A: b\r")),
  refused(
    "value-bare-lf",
    "a value ends by LF alone",
    `${LINES}; nginx takes it`,
    `GET ${PATH}/a HTTP/1.1\r\n${HOST}\r\nX-A: b\nX-C: d\r\n\r\n`,
  ),
  refused(
    "value-bare-lf-te",
    "LF alone hides Transfer-Encoding",
    "TE.CL, known obfuscations",
    `POST ${PATH}/a HTTP/1.1\r\n${HOST}\r\nContent-Length: 5\r\nX-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  refused("value-head-ends-lf-lf", "the head ends by LF LF", LINES, `GET ${PATH}/a HTTP/1.1\r\n${HOST}\n\n`),
  refused(
    "value-head-ends-crlf-lf",
    "the head ends by CR LF LF",
    LINES,
    `GET ${PATH}/a HTTP/1.1\r\n${HOST}\r\n\n`,
  ),
  refused(
    "value-head-ends-lf-crlf",
    "the last header ends by LF alone",
    LINES,
    `GET ${PATH}/a HTTP/1.1\r\n${HOST}\n\r\n`,
  ),
  refused(
    "value-head-ends-cr-cr",
    "the head ends by CR CR LF",
    LINES,
    `GET ${PATH}/a HTTP/1.1\r\n${HOST}\r\n\r\r\n`,
  ),
  refused(
    "value-only-lf",
    "LF alone everywhere",
    `${LINES}; nginx takes it`,
    `GET ${PATH}/a HTTP/1.1\n${HOST}\n\n`,
  ),
  refused("value-only-cr", "CR alone everywhere", LINES, `GET ${PATH}/a HTTP/1.1\r${HOST}\r\r`),
  refused(
    "value-fold-space",
    "a value that goes on in the next line, by a space",
    `${FOLD}; HAProxy takes it`,
    get("X-A: b\r\n c"),
  ),
  refused("value-fold-tab", "a value that goes on in the next line, by a tab", FOLD, get("X-A: b\r\n\tc")),
  refused("value-fold-empty", "a folded line of blanks only", FOLD, get("X-A: b\r\n   ")),
  refused(
    "value-fold-te",
    "Transfer-Encoding whose value is in the next line",
    `${FOLD}; TE.CL; CVE-2022-32215 (Node.js)`,
    head(`POST ${PATH}/a HTTP/1.1`, HOST, "Content-Length: 5", "Transfer-Encoding:\r\n chunked") +
      "0\r\n\r\n",
  ),
  refused(
    "value-fold-cl",
    "Content-Length whose value is in the next line",
    `${FOLD}; CL.CL`,
    head(`POST ${PATH}/a HTTP/1.1`, HOST, "Content-Length:\r\n 5") + "hello",
  ),
  refused(
    "value-fold-hides-te",
    "Transfer-Encoding as the folded part of another header",
    `${FOLD}; TE.CL, known obfuscations`,
    head(`POST ${PATH}/a HTTP/1.1`, HOST, "Content-Length: 5", "X-A: b\r\n Transfer-Encoding: chunked") +
      "0\r\n\r\n",
  ),
  refused("value-fold-host", "a folded Host", FOLD, head(`GET ${PATH}/a HTTP/1.1`, "Host:\r\n 127.0.0.1")),
  refused("value-fold-vertical-tab", "a line that begins with a vertical tab", FOLD, get("X-A: b\r\n\x0bc")),
  passed(
    "value-obs-text",
    "bytes above ASCII arrive as they came",
    "RFC 9110, 5.5: obs-text",
    get("X-A: caf\xc3\xa9 \xff\x80"),
    { keeps: ["x-a"] },
  ),
  passed(
    "value-nel",
    "0x85, a line end to Unicode, arrives as a byte of the value",
    "RFC 9110, 5.5; programs that split lines by Unicode",
    get("X-A: b\x85X-Injected: c"),
    { keeps: ["x-a"], cuts: ["x-injected"] },
  ),
  passed("value-empty", "an empty value", "RFC 9110, 5.5", get("X-A:"), { keeps: ["x-a"] }),
  passed("value-blanks", "blanks around a value", "RFC 9112, 5.1", get("X-A: \t b \t "), { keeps: ["x-a"] }),
  passed("value-no-blank", "no blank behind the colon", "RFC 9112, 5.1", get("X-A:b"), { keeps: ["x-a"] }),
  passed("value-colons", "colons within a value", "RFC 9112, 5", get("X-A: b: c: d"), { keeps: ["x-a"] }),
  passed(
    "value-looks-like-request",
    "a value that looks like a request",
    "no line of its own",
    get(`X-A: GET ${PATH}/smuggled HTTP/1.1`),
    { keeps: ["x-a"] },
  ),
  passed(
    "value-encoded-crlf",
    "an encoded CR LF within a value stays encoded",
    "header injection by proxies that decode",
    get("X-A: b%0d%0aX-Injected: c"),
    { cuts: ["x-injected"] },
  ),
];
