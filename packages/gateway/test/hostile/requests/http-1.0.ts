import { get, head, HOST, passed, PATH, refused, SMUGGLED, type HostileRequest } from "./message.ts";

const RFC = "RFC 9112, C.2";

export const http10: readonly HostileRequest[] = [
  passed(
    "1.0-get",
    "HTTP/1.0 ends the connection after its answer",
    RFC,
    head(`GET ${PATH}/a HTTP/1.0`, HOST),
  ),
  passed(
    "1.0-pipelined",
    "what follows a request that does not keep the connection is not read",
    `${RFC}; pause-based smuggling`,
    head(`GET ${PATH}/a HTTP/1.0`, HOST) + SMUGGLED,
  ),
  passed(
    "1.0-post",
    "a body in HTTP/1.0",
    RFC,
    head(`POST ${PATH}/a HTTP/1.0`, HOST, "Content-Length: 5") + "hello",
  ),
  passed(
    "1.1-close-pipelined",
    "what follows Connection: close is not read",
    "RFC 9112, 9.6",
    get("Connection: close") + SMUGGLED,
  ),
  passed(
    "1.0-keep-alive",
    "keep-alive in HTTP/1.0, two requests",
    RFC,
    head(`GET ${PATH}/a HTTP/1.0`, HOST, "Connection: keep-alive") + head(`GET ${PATH}/b HTTP/1.0`, HOST),
    { pass: 2 },
  ),
  refused(
    "1.0-post-no-length-te",
    "Transfer-Encoding: identity in HTTP/1.0",
    RFC,
    head(`POST ${PATH}/a HTTP/1.0`, HOST, "Transfer-Encoding: identity"),
    400,
    501,
  ),
  passed(
    "1.0-expect",
    "Expect in HTTP/1.0 has no meaning",
    "RFC 9110, 10.1.1: to be ignored",
    head(`POST ${PATH}/a HTTP/1.0`, HOST, "Expect: 100-continue", "Content-Length: 5") + "hello",
  ),
];
