import * as z from "zod";
import { DEFAULT_SANDBOX_PORT, LABEL_USER } from "../labels.ts";
import { LIMIT_KEYS } from "./limit-keys.ts";
import { milliseconds } from "./number-schemas.ts";
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
  ...LIMIT_KEYS,
  ...TRACING_KEYS,
} as const satisfies Record<string, ConfigKey>;

export type GatewayConfig = {
  [K in keyof typeof GATEWAY_KEYS]: z.output<(typeof GATEWAY_KEYS)[K]["schema"]>;
};
