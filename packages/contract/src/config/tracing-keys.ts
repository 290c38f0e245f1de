import * as z from "zod";
import type { ConfigKey } from "./gateway-keys.ts";

/** The samplers of OpenTelemetry's own variables, by their names. */
export const TRACE_SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type TraceSampler = (typeof TRACE_SAMPLERS)[number];

/** Where traces are exported, checked once it is known to be a URL. */
const endpoint = z
  .string()
  .refine((text) => /^https?:\/\/[^/]/.test(text) && URL.canParse(text), {
    error: "is no http or https URL",
    abort: true,
  })
  .refine((text) => {
    const { username, search, hash } = new URL(text);
    return username === "" && search === "" && hash === "";
  }, "has a user, a query or a fragment; credentials belong into otlpHeaders")
  .refine((text) => !/\/v1\/traces\/?$/.test(text), "ends in /v1/traces, which is put behind it anyway")
  .transform((text) => text.replace(/\/+$/, ""));

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const headerValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
/** Of the exporter itself: its length and its type would no longer fit what is sent. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** `name=value,name=value`, values percent-encoded (as in W3C Baggage); a map in a file. */
const headers = z
  .union(
    [z.record(z.string(), z.string()), z.string().transform(readPairs)],
    "is not of the form name=value,name=value with percent-encoded values",
  )
  .refine(
    (map) =>
      Object.entries(map).every(
        ([name, value]) =>
          headerName.test(name) && headerValue.test(value) && !OWN_HEADERS.has(name.toLowerCase()),
      ),
    "holds what is no header, or one that the exporter sets itself",
  );

function readPairs(text: string, context: z.RefinementCtx): Record<string, string> {
  try {
    return Object.fromEntries(
      text.split(",").flatMap((pair) => {
        if (pair.trim() === "") return [];
        const at = pair.indexOf("=");
        if (at < 1) throw new URIError("it has no name");
        return [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())] as const];
      }),
    );
  } catch {
    context.addIssue("is no list of pairs");
    return z.NEVER;
  }
}

/** Keys of the gateway that are about traces. */
export const TRACING_KEYS = {
  otlpEndpoint: {
    flag: "--otlp-endpoint <url>",
    env: ["SANDGATE_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"],
    schema: endpoint.optional(),
    doc: "URL of an OpenTelemetry collector, as http://collector:4318: spans go there as OTLP/HTTP in JSON, under /v1/traces. None by default.",
  },
  otlpHeaders: {
    flag: "--otlp-headers <pairs>",
    env: ["SANDGATE_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
    schema: headers.default({}),
    secret: true,
    doc: "Headers for the collector, as name=value,name=value with percent-encoded values; a map in a file. On a command line other users of the machine can read them.",
  },
  otlpServiceName: {
    flag: "--otlp-service-name <name>",
    env: ["SANDGATE_OTLP_SERVICE_NAME", "OTEL_SERVICE_NAME"],
    schema: z.string().min(1).max(255, "is longer than 255 characters").default("sandgate"),
    doc: "The gateway's name in traces.",
  },
  traceSampler: {
    flag: "--trace-sampler <name>",
    env: ["SANDGATE_TRACE_SAMPLER", "OTEL_TRACES_SAMPLER"],
    schema: z
      .enum(TRACE_SAMPLERS, `is none of ${TRACE_SAMPLERS.join(", ")}`)
      .default("parentbased_traceidratio"),
    doc: "Which traces are recorded, by OpenTelemetry's names. Those with parentbased_ do as a believed caller's traceparent says (traceTrust) where there is one.",
  },
  traceSample: {
    flag: "--trace-sample <ratio>",
    env: ["SANDGATE_TRACE_SAMPLE", "OTEL_TRACES_SAMPLER_ARG"],
    schema: z.coerce.number("is no number").min(0, "is below 0").max(1, "is above 1").optional(),
    doc: "Share of traces that is recorded, 0 to 1, for the samplers with traceidratio; 1 where otlpEndpoint is set. Above 0 without otlpEndpoint, trace context is passed on and logged, and nothing is exported.",
  },
  traceTrust: {
    flag: "--trace-trust <whom>",
    env: ["SANDGATE_TRACE_TRUST"],
    schema: z.enum(["proxies", "callers"], "is neither proxies nor callers").default("proxies"),
    doc: "Whose traceparent decides whether a trace is recorded: that of peers in trustedProxies, or of every caller who is let in besides.",
  },
  serverTiming: {
    flag: "--server-timing <when>",
    env: ["SANDGATE_SERVER_TIMING"],
    schema: z.enum(["never", "asked", "always"], "is none of never, asked, always").default("asked"),
    doc: "Whether answers of sandboxes get a Server-Timing header; asked: where the request has Sandgate-Timing: 1.",
  },
} as const satisfies Record<string, ConfigKey>;
