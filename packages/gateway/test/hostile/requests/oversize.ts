import { get, head, HOST, passed, PATH, refused, type HostileRequest } from "./message.ts";

const BOUND = "to be bounded (16 KiB for the head)";

export const oversize: readonly HostileRequest[] = [
  refused("large-value", "a value of 20,000 bytes", BOUND, get(`X-A: ${"b".repeat(20_000)}`), 431),
  refused("large-name", "a name of 20,000 bytes", BOUND, get(`${"X".repeat(20_000)}: b`), 431),
  refused(
    "large-target",
    "a path of 20,000 bytes",
    BOUND,
    head(`GET ${PATH}/${"a".repeat(20_000)} HTTP/1.1`, HOST),
    414,
    431,
  ),
  refused(
    "large-query",
    "a query of 20,000 bytes",
    BOUND,
    head(`GET ${PATH}/a?${"a".repeat(20_000)} HTTP/1.1`, HOST),
    414,
    431,
  ),
  refused(
    "large-many-headers",
    "a thousand short headers",
    "to be bounded in number",
    get(...Array.from({ length: 1_000 }, (_, index) => `X-${index}: y`)),
    400,
    431,
  ),
  refused(
    "large-many-equal",
    "two thousand times the same header",
    "to be bounded in number",
    get(...Array.from({ length: 2_000 }, () => "A: b")),
    400,
    431,
  ),
  refused(
    "large-megabyte",
    "a head of one MiB that never ends",
    BOUND,
    `GET ${PATH}/a HTTP/1.1\r\n${HOST}\r\nX-A: ${"b".repeat(1024 * 1024)}`,
    431,
  ),
  refused(
    "large-line-megabyte",
    "a request line of one MiB that never ends",
    BOUND,
    `GET ${PATH}/${"a".repeat(1024 * 1024)}`,
    414,
    431,
  ),
  refused(
    "large-blank-lines",
    "ten thousand empty lines before the request",
    "RFC 9112, 2.2: at least one may be passed over, not all",
    "\r\n".repeat(10_000) + get(),
  ),
  passed("large-just-below", "a head a little below the limit", BOUND, get(`X-A: ${"b".repeat(15_000)}`), {
    keeps: ["x-a"],
  }),
  passed(
    "large-hundred-headers",
    "a hundred headers",
    "what browsers with many cookies send",
    get(...Array.from({ length: 100 }, (_, index) => `X-${index}: y`)),
    { keeps: ["x-0", "x-99"] },
  ),
];
