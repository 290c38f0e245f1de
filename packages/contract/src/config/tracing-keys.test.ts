import { describe, expect, it } from "vitest";
import { GATEWAY_KEYS } from "./gateway-keys.ts";
import { loadConfig } from "./load-config.ts";

const load = (
  env: Readonly<Record<string, string>>,
  flags: Readonly<Record<string, unknown>> = {},
  file?: unknown,
): ReturnType<typeof loadConfig<typeof GATEWAY_KEYS>>["values"] =>
  loadConfig(GATEWAY_KEYS, { env, flags, file }).values;

describe("the keys of tracing", () => {
  it("are read from OpenTelemetry's own variables, which the gateway's and flags go over", () => {
    const standard = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/",
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=a%20b%3D, x-team = blue",
      OTEL_SERVICE_NAME: "front",
      OTEL_TRACES_SAMPLER: "traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
    };
    expect(load(standard)).toMatchObject({
      otlpEndpoint: "http://collector:4318",
      otlpHeaders: { "api-key": "a b=", "x-team": "blue" },
      otlpServiceName: "front",
      traceSampler: "traceidratio",
      traceSample: 0.25,
    });
    expect(
      load({ ...standard, SANDGATE_OTLP_ENDPOINT: "https://other/base" }, { traceSample: "1" }),
    ).toMatchObject({ otlpEndpoint: "https://other/base", traceSample: 1 });
  });

  it("say nothing of tracing by default", () => {
    const { otlpEndpoint, otlpHeaders, traceSample, traceTrust, serverTiming } = load({});
    expect({ otlpEndpoint, otlpHeaders, traceSample, traceTrust, serverTiming }).toEqual({
      otlpEndpoint: undefined,
      otlpHeaders: {},
      traceSample: undefined,
      traceTrust: "proxies",
      serverTiming: "asked",
    });
  });

  it("take headers as a map in a file", () => {
    expect(load({}, {}, { otlpHeaders: { authorization: "Bearer x=y" } }).otlpHeaders).toEqual({
      authorization: "Bearer x=y",
    });
  });

  it.each([
    ["collector:4318", "is no http or https URL"],
    ["http://", "is no http or https URL"],
    ["grpc://collector:4317", "is no http or https URL"],
    ["http://user:pass@collector", "has a user, a query or a fragment; credentials belong into otlpHeaders"],
    ["http://collector:4318/v1/traces", "ends in /v1/traces, which is put behind it anyway"],
  ])("refuse an endpoint that is none: %s", (otlpEndpoint, why) => {
    expect(() => load({}, { otlpEndpoint })).toThrow(
      `--otlp-endpoint: ${JSON.stringify(otlpEndpoint)} ${why}`,
    );
  });

  it.each([
    "Bearer-SECRET",
    "=SECRET",
    "a=%ZZ-SECRET",
    "a=b%0d%0aSECRET:x",
    "content-length=SECRET",
    "a b=SECRET",
  ])("refuse headers that are none without telling what they are: %s", (headers) => {
    let message = "";
    try {
      load({ SANDGATE_OTLP_HEADERS: headers });
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toContain("SANDGATE_OTLP_HEADERS: its value ");
    expect(message).not.toContain("SECRET");
  });

  it("refuse a share above 1 and a sampler that nobody knows", () => {
    expect(() => load({ OTEL_TRACES_SAMPLER_ARG: "1.5", OTEL_TRACES_SAMPLER: "jaeger_remote" })).toThrow(
      /OTEL_TRACES_SAMPLER: "jaeger_remote" is none of .*\n.*OTEL_TRACES_SAMPLER_ARG: "1.5" is above 1/,
    );
  });
});
