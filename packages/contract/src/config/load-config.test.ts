import { describe, expect, it } from "vitest";
import { GATEWAY_KEYS } from "./gateway-keys.ts";
import { ConfigError, loadConfig } from "./load-config.ts";

describe("loadConfig", () => {
  it("takes a flag over the environment over the file over the default, and keeps where each came from", () => {
    const { values, origins } = loadConfig(GATEWAY_KEYS, {
      flags: { port: "1", host: undefined },
      env: { PORT: "2", SANDGATE_HOST: "::1", SANDGATE_SANDBOX_PORT: "" },
      file: { port: 3, host: "0.0.0.0", userLabel: "owner" },
    });
    expect(values).toMatchObject({
      port: 1,
      host: "::1",
      userLabel: "owner",
      sandboxPort: 8888,
      pathModePages: false,
    });
    expect(origins).toMatchObject({
      port: "flag",
      host: "environment",
      userLabel: "file",
      sandboxPort: "default",
    });
  });

  it("reads lists and switches in every form", () => {
    const { values } = loadConfig(GATEWAY_KEYS, {
      flags: { pathModePages: true },
      env: { SANDGATE_ALLOW_ORIGIN: "https://a.example, https://b.example" },
      file: { trustedProxies: ["10.0.0.0/8"] },
    });
    expect(values.pathModePages).toBe(true);
    expect(values.allowOrigin).toEqual(["https://a.example", "https://b.example"]);
    expect(values.trustedProxies).toEqual(["10.0.0.0/8"]);
  });

  it("takes no time that a timer cannot hold: it would be over at once", () => {
    const load = (idleTimeoutMs: number): unknown => loadConfig(GATEWAY_KEYS, { flags: { idleTimeoutMs } });
    expect(() => load(2_000_000_000)).not.toThrow();
    expect(() => load(3_000_000_000)).toThrow("--idle-timeout-ms: 3000000000 is above 2000000000 (23 days)");
  });

  it("reports every problem at once, each with where it was set", () => {
    const load = (): unknown =>
      loadConfig(GATEWAY_KEYS, {
        flags: { port: "http" },
        env: { SANDGATE_AUTH: "yes" },
        file: { hots: "x", idleTimeoutMs: 0 },
        fileName: "gateway.yaml",
      });
    expect(load).toThrow(ConfigError);
    try {
      load();
    } catch (error) {
      expect((error as ConfigError).problems).toEqual([
        'gateway.yaml: unknown key "hots"',
        '--port: "http" is no number',
        'SANDGATE_AUTH: "yes" is neither keys nor none',
        "gateway.yaml: idleTimeoutMs: 0 is below 1",
      ]);
    }
  });
});
