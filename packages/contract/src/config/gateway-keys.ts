import * as z from "zod";
import { DEFAULT_SANDBOX_PORT, LABEL_USER } from "../labels.ts";
import { TRACING_KEYS } from "./tracing-keys.ts";

/** One configuration key: its name in a file and everywhere it can be set. */
export interface ConfigKey {
  /** Command-line flag, with its argument's name; without one it is a switch. */
  readonly flag: string;
  /** Environment variables, the first that is set counts. */
  readonly env: readonly string[];
  readonly schema: z.ZodType;
  /** What it is set to is not shown, in messages either. */
  readonly secret?: true;
  readonly doc: string;
}

const portNumber = z.coerce
  .number("is no number")
  .int("is no whole number")
  .min(0, "is below 0")
  .max(65_535, "is above 65535");
/** Timers hold 2^31 milliseconds; what is longer would be over at once. */
const milliseconds = z.coerce
  .number("is no number")
  .int("is no whole number")
  .min(1, "is below 1")
  .max(2_000_000_000, "is above 2000000000 (23 days)");
const count = z.coerce.number("is no number").int("is no whole number").min(1, "is below 1");
const switched = z.union([z.boolean(), z.stringbool("is neither true nor false")]);
/** A list in a file, comma-separated elsewhere. */
const list = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(",").map((part) => part.trim()))])
  .transform((parts) => parts.filter((part) => part !== ""));

/** Threads that serve; more cores than that are not what a gateway lacks. */
const MOST_WORKERS = 64;
const wholeNumber = (min: number, max: number, message: string): z.ZodType<number> =>
  z.coerce.number(message).int(message).min(min, message).max(max, message);
const WORKERS_ARE = `is neither auto nor a whole number from 1 to ${MOST_WORKERS}`;

/** Every key of the gateway. Flags, environment, file, types and the reference page come from this table. */
export const GATEWAY_KEYS = {
  host: {
    flag: "--host <address>",
    env: ["SANDGATE_HOST"],
    schema: z.string().min(1).default("127.0.0.1"),
    doc: "Address to listen on. Anything but loopback needs apiKeys or auth: none.",
  },
  port: {
    flag: "--port <port>",
    env: ["PORT", "SANDGATE_PORT"],
    schema: portNumber.default(8080),
    doc: "Port to listen on; 0 takes a free one.",
  },
  workers: {
    flag: "--workers <count>",
    env: ["SANDGATE_WORKERS"],
    schema: z.union([z.literal("auto"), wholeNumber(1, MOST_WORKERS, WORKERS_ARE)], WORKERS_ARE).default(1),
    doc: `How many threads serve requests, each on a core of its own: 1 to ${MOST_WORKERS}, or auto for as many as there are cores (at most as many as the cgroup allows). Limits, metrics and routes are those of the whole gateway. Linux; not with dial: port-forward, where the API server is what bytes wait for.`,
  },
  metricsPort: {
    flag: "--metrics-port <port>",
    env: ["SANDGATE_METRICS_PORT"],
    schema: portNumber.optional(),
    doc: "Port of the listener for /metrics, on the same address; none by default.",
  },
  metricsSandboxes: {
    flag: "--metrics-sandboxes <count>",
    env: ["SANDGATE_METRICS_SANDBOXES"],
    schema: z.coerce
      .number("is no number")
      .int("is no whole number")
      .min(0, "is below 0")
      .max(10_000, "is above 10000")
      .default(100),
    doc: "How many sandboxes have metrics of their own: those with the most requests; the others' are summed. 0: none has.",
  },
  accessLogSample: {
    flag: "--access-log-sample <share>",
    env: ["SANDGATE_ACCESS_LOG_SAMPLE"],
    schema: z.coerce.number("is no number").min(0, "is below 0").max(1, "is above 1").default(1),
    doc: "Share of the requests that have a line in the access log, from 0 to 1; errors and slow requests always have one.",
  },
  accessLogSlowMs: {
    flag: "--access-log-slow-ms <ms>",
    env: ["SANDGATE_ACCESS_LOG_SLOW_MS"],
    schema: milliseconds.default(1_000),
    doc: "From how long on a request is slow in that sense.",
  },
  accessLogQuery: {
    flag: "--access-log-query <how>",
    env: ["SANDGATE_ACCESS_LOG_QUERY"],
    schema: z.enum(["drop", "redact", "keep"], "is none of drop, redact, keep").default("drop"),
    doc: "What of a query the access log says: drop, that there is one; redact, the names of its parts; keep, all of it, secrets among it.",
  },
  routerPort: {
    flag: "--router-port <port>",
    env: ["SANDGATE_ROUTER_PORT"],
    schema: portNumber.optional(),
    doc: "Port of the listener that speaks agent-sandbox's router protocol (X-Sandbox-ID and so on); none by default.",
  },
  routerHost: {
    flag: "--router-host <address>",
    env: ["SANDGATE_ROUTER_HOST"],
    schema: z.string().min(1).optional(),
    doc: "Address of that listener; host by default. Anything but loopback needs apiKeys or auth: none.",
  },
  routerTimeoutCapMs: {
    flag: "--router-timeout-cap-ms <ms>",
    env: ["SANDGATE_ROUTER_TIMEOUT_CAP_MS"],
    schema: milliseconds.default(3_600_000),
    doc: "How long a client may ask the router to wait for a sandbox's answer, by X-Sandbox-Timeout. Without that header firstByteTimeoutMs counts.",
  },
  tlsCert: {
    flag: "--tls-cert <files>",
    env: ["SANDGATE_TLS_CERT"],
    schema: list.default([]),
    doc: "PEM files of certificates with their chains, comma-separated; the gateway and the router then speak HTTPS alone. A client gets the one for the name that it asks for, else the first. Read again when they change.",
  },
  tlsKey: {
    flag: "--tls-key <files>",
    env: ["SANDGATE_TLS_KEY"],
    schema: list.default([]),
    doc: "PEM files of their keys, in the same order.",
  },
  apiKeys: {
    flag: "--api-keys <file>",
    env: ["SANDGATE_API_KEYS"],
    schema: z.string().min(1).optional(),
    doc: "YAML list of {id, sha256, user, roles}; read again when it changes.",
  },
  auth: {
    flag: "--auth <mode>",
    env: ["SANDGATE_AUTH"],
    schema: z.enum(["keys", "none"], "is neither keys nor none").optional(),
    doc: "none: everybody who reaches the gateway is let in as admin. Default: keys where apiKeys is set, else none on loopback.",
  },
  publicUrl: {
    flag: "--public-url <urls>",
    env: ["SANDGATE_PUBLIC_URL"],
    schema: list.default([]),
    doc: "URLs under which clients reach the gateway, comma-separated; requests with another Host are refused.",
  },
  baseDomain: {
    flag: "--base-domain <domain>",
    env: ["SANDGATE_BASE_DOMAIN"],
    schema: z
      .string()
      .toLowerCase()
      .regex(
        /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
        "is no domain name",
      )
      .max(180, "is too long")
      .optional(),
    doc: "Domain under which every sandbox has an origin of its own, as sandbox--user.DOMAIN; a wildcard of it leads to the gateway. On loopback there is *.localhost besides.",
  },
  allowOrigin: {
    flag: "--allow-origin <origins>",
    env: ["SANDGATE_ALLOW_ORIGIN"],
    schema: list.default([]),
    doc: "Origins of pages that may send requests, comma-separated.",
  },
  trustedProxies: {
    flag: "--trusted-proxies <networks>",
    env: ["SANDGATE_TRUSTED_PROXIES"],
    schema: list.default([]),
    doc: "Networks (CIDR) whose X-Forwarded-* are believed, comma-separated.",
  },
  watchNamespace: {
    flag: "--watch-namespace <namespace>",
    env: ["SANDGATE_WATCH_NAMESPACE"],
    schema: z.string().min(1).optional(),
    doc: "The only namespace whose sandboxes are served; all by default.",
  },
  userNamespaces: {
    flag: "--user-namespaces <pattern>",
    env: ["SANDGATE_USER_NAMESPACES"],
    schema: z.string().min(1).optional(),
    doc: "Which namespaces may claim a user's addresses, * and {user} allowed, as in agents-{user}. Required off loopback unless watchNamespace is set.",
  },
  userLabel: {
    flag: "--user-label <key>",
    env: ["SANDGATE_USER_LABEL"],
    schema: z.string().min(1).default(LABEL_USER),
    doc: "Label of a Sandbox that names its user.",
  },
  sandboxPort: {
    flag: "--sandbox-port <port>",
    env: ["SANDGATE_SANDBOX_PORT"],
    schema: portNumber.min(1, "is below 1").default(DEFAULT_SANDBOX_PORT),
    doc: "Port meant by an address without one, where the Sandbox does not say.",
  },
  pathModePages: {
    flag: "--path-mode-pages",
    env: ["SANDGATE_PATH_MODE_PAGES"],
    schema: switched.default(false),
    doc: "Serve browsers' pages in path mode, where all sandboxes share one origin and can act on one another.",
  },
  dial: {
    flag: "--dial <how>",
    env: ["SANDGATE_DIAL"],
    schema: z
      .enum(["auto", "pod-ip", "service", "port-forward"], "is none of auto, pod-ip, service, port-forward")
      .default("auto"),
    doc: "How sandboxes are reached. auto: by pod IP in the cluster, by port-forward through the API server outside of it, where an IP of the cluster may be somebody else's.",
  },
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
  ...TRACING_KEYS,
} as const satisfies Record<string, ConfigKey>;

export type GatewayConfig = {
  [K in keyof typeof GATEWAY_KEYS]: z.output<(typeof GATEWAY_KEYS)[K]["schema"]>;
};
