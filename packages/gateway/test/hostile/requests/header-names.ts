import { byte, get, head, hex, HOST, passed, PATH, refused, type HostileRequest } from "./message.ts";

const TOKEN = "RFC 9110, 5.6.2: not a byte of a token";

export const headerNames: readonly HostileRequest[] = [
  refused("name-empty", "a header without a name", "RFC 9110, 5.1", get(": x")),
  refused("name-no-colon", "a line without a colon", "RFC 9112, 5; nginx takes it", get("X-Broken")),
  refused(
    "name-space-before-colon",
    "a space before the colon",
    "RFC 9112, 5.1; CVE-2019-16869",
    get("X-A : b"),
  ),
  refused("name-tab-before-colon", "a tab before the colon", "RFC 9112, 5.1", get("X-A\t: b")),
  refused(
    "name-te-space",
    "Transfer-Encoding with a space before the colon",
    "TE.CL; CVE-2019-16869 (Netty)",
    head(`POST ${PATH}/a HTTP/1.1`, HOST, "Content-Length: 5", "Transfer-Encoding : chunked") + "0\r\n\r\n",
  ),
  refused(
    "name-cl-space",
    "Content-Length with a space before the colon",
    "CL.CL; RFC 9112, 5.1",
    head(`POST ${PATH}/a HTTP/1.1`, HOST, "Content-Length : 5") + "hello",
  ),
  refused(
    "name-te-vertical-tab",
    "Transfer-Encoding with a vertical tab before the colon",
    "TE.CL, known obfuscations",
    head(`POST ${PATH}/a HTTP/1.1`, HOST, "Content-Length: 5", "Transfer-Encoding\x0b: chunked") +
      "0\r\n\r\n",
  ),
  refused(
    "name-te-nul",
    "Transfer-Encoding with a NUL before the colon",
    "TE.CL, known obfuscations",
    head(`POST ${PATH}/a HTTP/1.1`, HOST, "Content-Length: 5", "Transfer-Encoding\0: chunked") + "0\r\n\r\n",
  ),
  refused(
    "name-te-quoted",
    "Transfer-Encoding in quotes",
    "TE.CL, known obfuscations",
    head(`POST ${PATH}/a HTTP/1.1`, HOST, "Content-Length: 5", '"Transfer-Encoding": chunked') + "0\r\n\r\n",
  ),
  refused("name-space-inside", "a space within the name", TOKEN, get("X A: b")),
  refused(
    "name-first-line-space",
    "a space before the first header",
    "RFC 9112, 2.2: a line to be ignored or refused",
    head(`GET ${PATH}/a HTTP/1.1`, ` ${HOST}`),
  ),
  refused(
    "name-first-line-tab-te",
    "Transfer-Encoding as first line, behind a tab",
    "RFC 9112, 2.2",
    head(`POST ${PATH}/a HTTP/1.1`, "\tTransfer-Encoding: chunked", HOST, "Content-Length: 5") + "0\r\n\r\n",
  ),
  ...[
    0x00, 0x01, 0x0b, 0x0c, 0x1f, 0x22, 0x28, 0x29, 0x2c, 0x2f, 0x3b, 0x3c, 0x3d, 0x3f, 0x40, 0x5b, 0x5c,
    0x7b, 0x7f, 0x80, 0xa0, 0xff,
  ].map((code) =>
    refused(
      `name-byte-${code.toString(16).padStart(2, "0")}`,
      `${hex(code)} within a name`,
      TOKEN,
      get(`X-A${byte(code)}B: c`),
    ),
  ),
  refused("name-cr", "a bare CR within a name", "RFC 9112, 2.2", get("X-A\rB: c")),
  refused("name-lf", "a bare LF within a name", "RFC 9112, 2.2", get("X-A\nB: c")),
  passed(
    "name-underscore",
    "an underscore, which CGI cannot tell from a hyphen, arrives as it came",
    "RFC 9110, 5.6.2: a valid token",
    get("X_A: b"),
  ),
  ...(["X_Forwarded_For", "x-forwarded_proto", "X_Sandbox_ID", "Sandgate_Key", "X_REAL_IP"] as const).map(
    (name) =>
      refused(
        `name-lookalike-${name.toLowerCase()}`,
        `${name}, which CGI and WSGI read as the header with hyphens`,
        "header spoofing by underscores; nginx drops them by default",
        get(`${name}: 10.0.0.1`),
      ),
  ),
  refused(
    "name-lookalike-length",
    "Content_Length beside a body that is none",
    "CL by another name; CGI and WSGI read it as Content-Length",
    head(`POST ${PATH}/a HTTP/1.1`, HOST, "Content_Length: 5") + "hello",
  ),
  passed(
    "name-odd-token",
    "every odd byte that a token may hold",
    "RFC 9110, 5.6.2",
    get("!#$%&'*+-.^_`|~9: b"),
  ),
  passed(
    "name-forwarded-forged",
    "forged X-Forwarded-* are replaced",
    "RFC 7239, 8.1",
    get(
      "X-Forwarded-For: 10.0.0.1",
      "X-Forwarded-Host: evil",
      "X-Forwarded-Proto: https",
      "Forwarded: for=10.0.0.1",
      "X-Real-IP: 10.0.0.1",
    ),
    { cuts: ["forwarded", "x-real-ip"] },
  ),
  {
    ...passed(
      "name-router-forged",
      "the router's own headers from outside are cut",
      "they would name another sandbox",
      get("X-Sandbox-ID: other", "X-Sandbox-Port: 22", "X-Sandbox-Pod-IP: 10.0.0.9"),
      { cuts: ["x-sandbox-id", "x-sandbox-port", "x-sandbox-pod-ip"] },
    ),
    // On the router's listener they are the address, and a second one is none.
    elsewhere: { header: { refuse: [400], stays: true } },
  },
  passed(
    "name-key-cut",
    "the gateway's key does not reach the sandbox",
    "credentials are for one hop",
    get("Sandgate-Key: secret"),
    { cuts: ["sandgate-key"] },
  ),
  passed(
    "name-proxy-authorization",
    "Proxy-Authorization is for this hop",
    "RFC 9110, 11.7.2",
    get("Proxy-Authorization: Basic c2VjcmV0"),
    { cuts: ["proxy-authorization"] },
  ),
];
