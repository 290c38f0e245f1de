import { get, head, HOST, passed, PATH, post, refused, SMUGGLED, type HostileRequest } from "./message.ts";

const EXPECT = "RFC 9110, 10.1.1";
const UPGRADE = "RFC 9110, 7.8";
const H2C = "RFC 7540, 3.2; h2c smuggling";

export const expectAndUpgrade: readonly HostileRequest[] = [
  refused(
    "expect-unknown",
    "an expectation that nobody knows",
    EXPECT,
    post(["Expect: x", "Content-Length: 5"], "hello"),
    417,
  ),
  refused(
    "expect-list",
    "100-continue and another",
    EXPECT,
    post(["Expect: 100-continue, x", "Content-Length: 5"], "hello"),
    417,
  ),
  refused(
    "expect-twice",
    "Expect: 100-continue twice",
    EXPECT,
    post(["Expect: 100-continue", "Expect: 100-continue"]),
    417,
  ),
  refused(
    "expect-prefix",
    "100-continuex",
    EXPECT,
    post(["Expect: 100-continuex", "Content-Length: 5"], "hello"),
    417,
  ),
  refused(
    "expect-empty",
    "an empty expectation",
    EXPECT,
    post(["Expect:", "Content-Length: 5"], "hello"),
    417,
  ),
  refused(
    "expect-parameter",
    "100-continue with a parameter",
    EXPECT,
    post(["Expect: 100-continue;x=y", "Content-Length: 5"], "hello"),
    417,
  ),
  refused(
    "expect-obfuscated",
    "a y before 100-continue",
    "0.CL by Expect, research of 2025",
    post(["Expect: y 100-continue", "Content-Length: 5"], "hello"),
    417,
  ),
  refused(
    "expect-folded",
    "100-continue in a folded line",
    "0.CL by Expect, research of 2025",
    post(["Expect:\r\n 100-continue", "Content-Length: 5"], "hello"),
  ),
  passed(
    "expect-body-at-once",
    "100-continue, and the body does not wait",
    `${EXPECT}; 0.CL by Expect, research of 2025`,
    post(["Expect: 100-continue", `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
  ),
  passed(
    "expect-get",
    "100-continue with GET and a body",
    `${EXPECT}; 0.CL by Expect`,
    get("Expect: 100-continue", `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
  ),
  passed(
    "expect-upper",
    "100-CONTINUE in upper case",
    `${EXPECT}: case-insensitive`,
    post(["Expect: 100-CONTINUE", "Content-Length: 5"], "hello"),
  ),
  refused(
    "expect-te-cl",
    "100-continue with both length and encoding",
    "RFC 9112, 6.3",
    post(["Expect: 100-continue", "Content-Length: 5", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
  ),
  passed(
    "upgrade-h2c",
    "Upgrade: h2c is not passed on",
    H2C,
    get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
    { cuts: ["upgrade", "http2-settings"] },
  ),
  passed(
    "upgrade-h2c-only",
    "Upgrade: h2c without the settings in Connection",
    H2C,
    get("Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
    { cuts: ["upgrade"] },
  ),
  passed(
    "upgrade-h2c-list",
    "h2c in a list of protocols",
    H2C,
    get("Connection: Upgrade", "Upgrade: x, h2c"),
    { cuts: ["upgrade"] },
  ),
  passed("upgrade-h2c-upper", "H2C in upper case", H2C, get("Connection: Upgrade", "Upgrade: H2C"), {
    cuts: ["upgrade"],
  }),
  passed("upgrade-tls", "Upgrade: TLS/1.0", "RFC 2817, 3.1", get("Connection: Upgrade", "Upgrade: TLS/1.0"), {
    cuts: [],
  }),
  passed(
    "upgrade-no-connection",
    "Upgrade that Connection does not name",
    UPGRADE,
    get("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    { cuts: ["upgrade"] },
  ),
  passed("upgrade-no-upgrade", "Connection: upgrade without Upgrade", UPGRADE, get("Connection: upgrade"), {
    cuts: ["upgrade"],
  }),
  passed(
    "upgrade-1.0",
    "Upgrade in HTTP/1.0",
    `${UPGRADE}: to be ignored`,
    head(`GET ${PATH}/a HTTP/1.0`, HOST, "Connection: Upgrade", "Upgrade: websocket"),
    { cuts: ["upgrade"] },
  ),
  passed(
    "upgrade-refused-then-request",
    "what follows an upgrade is not read as a request",
    "tunnels that open before the answer is known; WebSocket smuggling, research of 2019",
    get("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 777") + SMUGGLED,
  ),
  refused(
    "upgrade-with-body",
    "an upgrade with a body",
    "RFC 9110, 7.8; smuggling by tunnels",
    post(["Connection: Upgrade", "Upgrade: websocket", `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
  ),
  refused(
    "upgrade-two",
    "two Upgrade headers",
    UPGRADE,
    get("Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"),
  ),
];
