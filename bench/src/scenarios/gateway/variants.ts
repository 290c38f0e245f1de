import type { SandgateSettings } from "./candidates/sandgate.ts";

/** As users run it. */
export const SANDGATE = "Sandgate";

const METRICS_OFF = { metricsPort: undefined };

/**
 * The gateway with one of its parts off, or with one on that is off by default.
 *
 * @param collector - Where spans go.
 */
export function variantsOf(collector: string): readonly SandgateSettings[] {
  return [
    { title: "without API keys", keys: false },
    { title: "without an access log", log: false },
    { title: "1 % of the requests in the access log", config: { accessLogSample: 0.01 } },
    { title: "without metrics of single sandboxes", config: { metricsSandboxes: 0 } },
    { title: "without metrics", config: METRICS_OFF },
    { title: "without any of these", keys: false, log: false, config: METRICS_OFF },
    { title: "`Server-Timing` asked for", headers: { "Sandgate-Timing": "1" } },
    {
      title: "traces, 1 % of them sent to a collector",
      config: { otlpEndpoint: collector, traceSample: 0.01 },
    },
  ];
}
