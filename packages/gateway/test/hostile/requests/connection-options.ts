import { get, passed, post, refused, type HostileRequest } from "./message.ts";

const ABUSE = "RFC 9110, 7.6.1; hop-by-hop abuse";

const ADDED = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-id"];

export const connectionOptions: readonly HostileRequest[] = [
  {
    ...passed(
      "hop-authorization",
      "Authorization named by Connection stays",
      `${ABUSE}: the sandbox would see no credentials`,
      get("Authorization: Bearer x", "Connection: Authorization"),
      { keeps: ["authorization"] },
    ),
    // The router's protocol has no sandbox see it.
    elsewhere: { header: { pass: 1, cuts: ["authorization"] } },
  },
  passed("hop-cookie", "Cookie named by Connection stays", ABUSE, get("Cookie: a=b", "Connection: Cookie"), {
    keeps: ["cookie"],
  }),
  passed(
    "hop-forwarded-for",
    "X-Forwarded-For named by Connection is still set",
    `${ABUSE}; CVE-2022-31813 (Apache)`,
    get("Connection: close, X-Forwarded-For"),
    { keeps: ["x-forwarded-for"] },
  ),
  {
    ...passed(
      "hop-forwarded-all",
      "nothing that the gateway adds is cut",
      `${ABUSE}; CVE-2022-31813 (Apache)`,
      get(`Connection: ${ADDED.join(", ")}, X-Forwarded-Prefix`),
      { keeps: [...ADDED, "x-forwarded-prefix"] },
    ),
    // Without a prefix there is none to tell.
    elsewhere: { header: { pass: 1, keeps: ADDED }, host: { pass: 1, keeps: ADDED } },
  },
  passed(
    "hop-custom",
    "a header that Connection names is cut",
    "RFC 9110, 7.6.1",
    get("X-Hop: secret", "Connection: X-Hop"),
    { cuts: ["x-hop"] },
  ),
  passed(
    "hop-custom-case",
    "a name in another case is cut, too",
    "RFC 9110, 7.6.1",
    get("X-HOP: secret", "Connection: x-hop"),
    { cuts: ["x-hop"] },
  ),
  passed(
    "hop-two-lines",
    "names of a second Connection count",
    "RFC 9110, 5.3",
    get("X-Hop: secret", "Connection: close", "Connection: X-Hop"),
    { cuts: ["x-hop"] },
  ),
  passed(
    "hop-many-names",
    "a hundred names",
    "cost of the list",
    get(`Connection: ${Array.from({ length: 100 }, (_, index) => `x-${index}`).join(", ")}`, "X-99: y"),
    { cuts: ["x-99"] },
  ),
  passed(
    "hop-empty-names",
    "a list of commas and blanks",
    "RFC 9110, 5.6.1",
    get("Connection: , ,\t, X-Hop ,,", "X-Hop: secret"),
    { cuts: ["x-hop"] },
  ),
  passed(
    "hop-keep-alive",
    "Keep-Alive is for this hop",
    "RFC 9112, C.2.2",
    get("Keep-Alive: timeout=99999, max=0", "Connection: keep-alive"),
    { cuts: ["keep-alive"] },
  ),
  passed(
    "hop-proxy-connection",
    "Proxy-Connection is for this hop",
    "RFC 9112, C.2.2",
    get("Proxy-Connection: close"),
    { cuts: ["proxy-connection"] },
  ),
  passed(
    "hop-trailer",
    "Trailer is for this hop",
    "RFC 9110, 6.6.2",
    get("Trailer: X-A", "Connection: Trailer"),
    { cuts: ["trailer"] },
  ),
  passed(
    "hop-close-keep-alive",
    "close and keep-alive at once: close counts",
    "RFC 9112, 9.3",
    get("Connection: keep-alive, close"),
  ),
  passed(
    "hop-quoted-close",
    "close in quotes is not close",
    "RFC 9110, 7.6.1: options are tokens",
    get('Connection: "close"'),
  ),
  passed(
    "hop-content-type",
    "Connection takes the body's type with it",
    "RFC 9110, 7.6.1: what it names goes, but for what frames, routes or authenticates",
    post(["Content-Type: text/plain", "Content-Length: 5", "Connection: Content-Type"], "hello"),
    { cuts: ["content-type"] },
  ),
  passed(
    "hop-all-framing",
    "Host, length and encoding named at once",
    ABUSE,
    post(
      ["Content-Length: 5", "Connection: Host, Content-Length, Transfer-Encoding, Authorization"],
      "hello",
    ),
    { keeps: ["host", "content-length"] },
  ),
  refused("hop-nul", "a NUL within Connection", "RFC 9110, 5.5", get("Connection: close\0")),
];
