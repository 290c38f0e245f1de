import { byte, head, hex, HOST, passed, PATH, refused, strayed, type HostileRequest } from "./message.ts";

const RFC = "RFC 9112, 3.2";
const SYNTAX = 'RFC 9110, 7.2: uri-host [":" port]';

/** The router's listener looks for a sandbox first, and these name none there. */
function foreign(id: string, what: string, source: string, bytes: string): HostileRequest {
  const elsewhere = { header: { refuse: [400], stays: true } } as const;
  return { ...strayed(id, what, source, bytes, 403), elsewhere };
}

function to(host: string): string {
  return head(`GET ${PATH}/a HTTP/1.1`, `Host: ${host}`);
}

export const host: readonly HostileRequest[] = [
  refused("host-none", "no Host", RFC, head(`GET ${PATH}/a HTTP/1.1`)),
  refused(
    "host-none-1.0",
    "no Host in HTTP/1.0",
    `${RFC}: a gateway with names needs one`,
    head(`GET ${PATH}/a HTTP/1.0`),
  ),
  refused("host-two-equal", "two equal Host", RFC, head(`GET ${PATH}/a HTTP/1.1`, HOST, HOST)),
  refused(
    "host-two-different",
    "two Host that differ",
    `${RFC}; routing on one, a virtual host by the other`,
    head(`GET ${PATH}/a HTTP/1.1`, HOST, "Host: other.example"),
  ),
  refused(
    "host-two-cases",
    "Host and HOST",
    RFC,
    head(`GET ${PATH}/a HTTP/1.1`, HOST, "HOST: other.example"),
  ),
  refused(
    "host-two-apart",
    "a second Host behind 20 headers",
    RFC,
    head(
      `GET ${PATH}/a HTTP/1.1`,
      HOST,
      ...Array.from({ length: 20 }, (_, index) => `X-${index}: y`),
      "Host: other.example",
    ),
  ),
  refused(
    "host-second-empty",
    "a second Host that is empty",
    RFC,
    head(`GET ${PATH}/a HTTP/1.1`, HOST, "Host:"),
  ),
  refused(
    "host-folded-second",
    "a second Host in a folded line",
    "Host confusion by obs-fold",
    head(`GET ${PATH}/a HTTP/1.1`, "X-A: b", " Host: other.example", HOST),
  ),
  refused(
    "host-space-name",
    "Host with a space before the colon, then another",
    "RFC 9112, 5.1",
    head(`GET ${PATH}/a HTTP/1.1`, "Host : other.example", HOST),
  ),
  refused("host-empty", "an empty Host", RFC, to("")),
  refused("host-list", "two names with a comma", SYNTAX, to("127.0.0.1, other.example")),
  refused("host-blank", "two names with a blank", SYNTAX, to("127.0.0.1 other.example")),
  refused(
    "host-userinfo",
    "a user before the name",
    `${SYNTAX}; read as another host by URL parsers`,
    to("127.0.0.1@other.example"),
  ),
  refused("host-path", "a path behind the name", SYNTAX, to("127.0.0.1/x")),
  refused("host-query", "a query behind the name", SYNTAX, to("127.0.0.1?x")),
  refused("host-fragment", "a fragment behind the name", SYNTAX, to("127.0.0.1#x")),
  refused("host-url", "a URL", SYNTAX, to("http://127.0.0.1")),
  refused("host-backslash", "a backslash behind the name", SYNTAX, to("127.0.0.1\\.other.example")),
  refused("host-percent", "a percent-encoded letter", SYNTAX, to("%6cocalhost")),
  refused("host-port-word", "a port that is a word", SYNTAX, to("127.0.0.1:http")),
  refused("host-port-long", "a port of six digits", SYNTAX, to("127.0.0.1:655360")),
  refused("host-port-minus", "a port with a sign", SYNTAX, to("127.0.0.1:-80")),
  refused("host-two-ports", "two ports", SYNTAX, to("127.0.0.1:80:80")),
  refused(
    "host-port-path",
    "a path behind the port",
    `${SYNTAX}; cache poisoning by ports`,
    to('127.0.0.1:80"><script>'),
  ),
  refused("host-bracket-open", "an open bracket", SYNTAX, to("[::1")),
  refused("host-bracket-behind", "a name behind the bracket", SYNTAX, to("[::1].other.example")),
  refused("host-bracket-no-ip", "a name in brackets", SYNTAX, to("[localhost]")),
  refused("host-zone", "a zone in an IPv6 address", "RFC 6874: local to a machine", to("[fe80::1%25eth0]")),
  refused("host-ipv6-bare", "an IPv6 address without brackets", SYNTAX, to("::1")),
  refused("host-star", "a star", SYNTAX, to("*")),
  refused("host-quotes", "quotes", SYNTAX, to('"127.0.0.1"')),
  strayed("host-dot-first", "a dot before the name", SYNTAX, to(".localhost"), 400, 403),
  strayed(
    "host-dots",
    "two dots within the name",
    "RFC 1035, 2.3.1: an empty label",
    to("box..localhost"),
    400,
    403,
  ),
  ...[0x00, 0x09, 0x1f, 0x7f, 0x80, 0xff].map((code) =>
    refused(
      `host-byte-${code.toString(16).padStart(2, "0")}`,
      `${hex(code)} within the name`,
      SYNTAX,
      to(`local${byte(code)}host`),
    ),
  ),
  foreign("host-foreign", "a foreign name", "DNS rebinding", to("rebound.example")),
  foreign(
    "host-foreign-suffix",
    "a name that only begins like ours",
    "DNS rebinding",
    to("127.0.0.1.other.example"),
  ),
  foreign(
    "host-foreign-ip",
    "an address that is not ours",
    "DNS rebinding; cloud metadata",
    to("169.254.169.254"),
  ),
  strayed(
    "host-form-malformed",
    "a malformed name under the base domain never falls through to the path",
    "the form of an address is chosen once",
    to("a--b--c--d.localhost"),
  ),
  passed(
    "host-connection",
    "Host named by Connection stays",
    "RFC 9110, 7.6.1; hop-by-hop abuse",
    head(`GET ${PATH}/a HTTP/1.1`, HOST, "Connection: Host"),
    { keeps: ["host"] },
  ),
  strayed(
    "host-dot-last",
    "the root's dot behind the name: another spelling of it",
    "RFC 1034, 3.1",
    to("localhost."),
    400,
    403,
  ),
];
