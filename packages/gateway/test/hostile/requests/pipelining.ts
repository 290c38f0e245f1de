import { chunked, cutShort, get, head, HOST, passed, PATH, post, type HostileRequest } from "./message.ts";

const RFC = "RFC 9112, 9.3.2";
const NEXT = get();

/** The first request passes, the rest of the bytes is refused. */
function afterOne(id: string, what: string, source: string, bytes: string, before = 1): HostileRequest {
  return { id, what, source, bytes, expected: { refuse: [400], before } };
}

export const pipelining: readonly HostileRequest[] = [
  passed("pipe-two", "two requests at once", RFC, get() + NEXT, { pass: 2 }),
  passed("pipe-ten", "ten requests at once", RFC, NEXT.repeat(10), { pass: 10 }),
  passed(
    "pipe-hundred",
    "a hundred requests at once are answered one after another",
    `${RFC}: queued, bounded`,
    NEXT.repeat(100),
    { pass: 100 },
  ),
  passed("pipe-post-get", "a body, then a request", RFC, post(["Content-Length: 5"], "hello") + NEXT, {
    pass: 2,
  }),
  passed(
    "pipe-chunked-get",
    "chunks with a trailer, then a request",
    RFC,
    chunked("5\r\nhello\r\n0\r\nX-A: b\r\n\r\n") + NEXT,
    { pass: 2 },
  ),
  passed("pipe-head-get", "HEAD, then GET", RFC, head(`HEAD ${PATH}/a HTTP/1.1`, HOST) + NEXT, { pass: 2 }),
  passed(
    "pipe-post-post",
    "two bodies",
    RFC,
    post(["Content-Length: 5"], "hello") + chunked("3\r\nabc\r\n0\r\n\r\n"),
    { pass: 2 },
  ),
  afterOne("pipe-junk", "junk behind a request", RFC, `${NEXT}junk\r\n\r\n`),
  afterOne(
    "pipe-body-too-long",
    "a body longer than its Content-Length",
    "CL.0: the rest is the next request",
    `${post(["Content-Length: 3"], "hello")}\r\n\r\n`,
  ),
  afterOne(
    "pipe-chunks-then-junk",
    "bytes behind the last chunk",
    "TE.CL: the rest is the next request",
    `${chunked("0\r\n\r\n")}X\r\n\r\n`,
  ),
  afterOne(
    "pipe-get-body-no-length",
    "a body without a length",
    "RFC 9112, 6.3: has none, so the rest is the next request",
    `${get()}x=1&y=2\r\n\r\n`,
  ),
  afterOne(
    "pipe-second-two-lengths",
    "a second request with two lengths",
    "RFC 9112, 6.3",
    NEXT + post(["Content-Length: 5", "Content-Length: 6"], "hello"),
  ),
  afterOne(
    "pipe-second-no-host",
    "a second request without Host",
    "routing decided by the first request",
    NEXT + head(`GET ${PATH}/b HTTP/1.1`),
  ),
  afterOne(
    "pipe-second-absolute",
    "a second request in absolute form",
    "routing decided by the first request",
    NEXT + head(`GET http://other.example${PATH}/b HTTP/1.1`, HOST),
  ),
  {
    id: "pipe-second-foreign-host",
    what: "a second request with a foreign Host",
    source: "first-request routing and validation, research of 2022",
    bytes: NEXT + head(`GET ${PATH}/b HTTP/1.1`, "Host: rebound.example"),
    expected: { refuse: [403], before: 1, stays: true },
    elsewhere: { header: { refuse: [400], before: 1, stays: true } },
  },
  {
    id: "pipe-second-connect",
    what: "CONNECT as second request",
    source: "first-request routing and validation, research of 2022",
    bytes: NEXT + head("CONNECT 127.0.0.1:22 HTTP/1.1", HOST),
    expected: { refuse: [405], before: 1 },
  },
  cutShort("cut-line", "cut within the request line", "RFC 9112, 8", `GET ${PATH}/a HT`),
  cutShort("cut-header", "cut within a header", "RFC 9112, 8", `GET ${PATH}/a HTTP/1.1\r\n${HOST}\r\nX-`),
  cutShort("cut-head", "cut before the empty line", "RFC 9112, 8", `GET ${PATH}/a HTTP/1.1\r\n${HOST}\r\n`),
  cutShort(
    "cut-head-cr",
    "cut within the empty line",
    "RFC 9112, 8",
    `GET ${PATH}/a HTTP/1.1\r\n${HOST}\r\n\r`,
  ),
  cutShort(
    "cut-body",
    "cut within a body of known length",
    "RFC 9112, 8: must not be taken as complete",
    post(["Content-Length: 5"], "hel"),
  ),
  cutShort("cut-body-none", "cut before the body", "RFC 9112, 8", post(["Content-Length: 5"])),
];
