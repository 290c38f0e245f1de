import * as z from "zod";
import type { ConfigKey } from "./gateway-keys.ts";
import { count, milliseconds } from "./number-schemas.ts";

/** The gateway's keys of limits and times. */
export const LIMIT_KEYS = {
  maxHeadBytes: {
    flag: "--max-head-bytes <bytes>",
    env: ["SANDGATE_MAX_HEAD_BYTES"],
    schema: count.min(1_024, "is below 1024").max(65_536, "is above 65536").default(16_384),
    doc: "How long URL and headers of a request may be together, 1024 to 65536.",
  },
  maxHeaders: {
    flag: "--max-headers <count>",
    env: ["SANDGATE_MAX_HEADERS"],
    schema: count.min(16, "is below 16").max(255, "is above 255").default(128),
    doc: "How many headers a request may have, 16 to 255.",
  },
  maxUrlBytes: {
    flag: "--max-url-bytes <bytes>",
    env: ["SANDGATE_MAX_URL_BYTES"],
    schema: count.min(256, "is below 256").max(65_536, "is above 65536").default(8_192),
    doc: "How long path and query of a request may be, 256 to 65536; maxHeadBytes counts them too.",
  },
  headTimeoutMs: {
    flag: "--head-timeout-ms <ms>",
    env: ["SANDGATE_HEAD_TIMEOUT_MS"],
    schema: milliseconds.default(10_000),
    doc: "How long URL and headers of a request may take from the first byte to the last, and a TLS handshake.",
  },
  keepAliveTimeoutMs: {
    flag: "--keep-alive-timeout-ms <ms>",
    env: ["SANDGATE_KEEP_ALIVE_TIMEOUT_MS"],
    schema: milliseconds.default(65_000),
    doc: "How long a connection without a request is kept. Longer than a balancer in front keeps its own: else it sends requests on connections that end just then.",
  },
  connectTimeoutMs: {
    flag: "--connect-timeout-ms <ms>",
    env: ["SANDGATE_CONNECT_TIMEOUT_MS"],
    schema: milliseconds.default(5_000),
    doc: "How long connecting to a sandbox may take.",
  },
  firstByteTimeoutMs: {
    flag: "--first-byte-timeout-ms <ms>",
    env: ["SANDGATE_FIRST_BYTE_TIMEOUT_MS"],
    schema: milliseconds.default(330_000),
    doc: "How long a sandbox may take to begin its answer, after the request is sent.",
  },
  idleTimeoutMs: {
    flag: "--idle-timeout-ms <ms>",
    env: ["SANDGATE_IDLE_TIMEOUT_MS"],
    schema: milliseconds.default(300_000),
    doc: "How long a body may pause.",
  },
  maxConnectTimeoutMs: {
    flag: "--max-connect-timeout-ms <ms>",
    env: ["SANDGATE_MAX_CONNECT_TIMEOUT_MS"],
    schema: milliseconds.default(60_000),
    doc: "The most that sandgate.dev/connect-timeout on a Sandbox may ask for in the place of connectTimeoutMs.",
  },
  maxFirstByteTimeoutMs: {
    flag: "--max-first-byte-timeout-ms <ms>",
    env: ["SANDGATE_MAX_FIRST_BYTE_TIMEOUT_MS"],
    schema: milliseconds.default(3_600_000),
    doc: "The most that sandgate.dev/first-byte-timeout on a Sandbox may ask for in the place of firstByteTimeoutMs.",
  },
  maxIdleTimeoutMs: {
    flag: "--max-idle-timeout-ms <ms>",
    env: ["SANDGATE_MAX_IDLE_TIMEOUT_MS"],
    schema: milliseconds.default(3_600_000),
    doc: "The most that sandgate.dev/idle-timeout on a Sandbox may ask for in the place of idleTimeoutMs.",
  },
  maxBodyBytes: {
    flag: "--max-body-bytes <bytes>",
    env: ["SANDGATE_MAX_BODY_BYTES"],
    schema: count.optional(),
    doc: "How long a request's body may be; any length by default. A Sandbox may lower it for itself by sandgate.dev/max-body.",
  },
  maxConnections: {
    flag: "--max-connections <count>",
    env: ["SANDGATE_MAX_CONNECTIONS"],
    schema: count.default(16_384),
    doc: "How many connections clients may have open together; more are ended at once. Each takes a descriptor, and a second one with a request under way.",
  },
  maxConnectionsPerClient: {
    flag: "--max-connections-per-client <count>",
    env: ["SANDGATE_MAX_CONNECTIONS_PER_CLIENT"],
    schema: count.default(12_288),
    doc: "How many of them one client address may have, one /64 of IPv6; trustedProxies have any number. Three quarters of all by default: a backend with a WebSocket to each of its sandboxes is one address.",
  },
  maxInFlightPerSandbox: {
    flag: "--max-in-flight-per-sandbox <count>",
    env: ["SANDGATE_MAX_IN_FLIGHT_PER_SANDBOX"],
    schema: count.default(16_384),
    doc: "How many requests one sandbox may have under way; WebSockets and other tunnels count until they end. A Sandbox may lower it for itself by sandgate.dev/max-in-flight.",
  },
  drainDelayMs: {
    flag: "--drain-delay-ms <ms>",
    env: ["SANDGATE_DRAIN_DELAY_MS"],
    schema: z.coerce
      .number("is no number")
      .int("is no whole number")
      .min(0, "is below 0")
      .max(600_000, "is above 600000 (10 minutes)")
      .default(0),
    doc: "How long a gateway that is told to end goes on taking connections while /readyz says 503, so that balancers that ask it send no more. In Kubernetes the chart's preStop does that.",
  },
  drainTimeoutMs: {
    flag: "--drain-timeout-ms <ms>",
    env: ["SANDGATE_DRAIN_TIMEOUT_MS"],
    schema: milliseconds.default(10_000),
    doc: "How long requests under way get when the gateway is told to end.",
  },
} as const satisfies Record<string, ConfigKey>;
