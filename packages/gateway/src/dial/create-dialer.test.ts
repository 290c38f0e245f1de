import { silentLogger, type Logger } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import type { Route } from "../routes/route.ts";
import { createDialer, type DialerOptions } from "./create-dialer.ts";

const route: Route = {
  user: "alice",
  owner: "alice",
  unclaimed: false,
  name: "box",
  namespace: "team",
  sandboxUid: "u1",
  podUid: "p1",
  podName: "box-pod",
  podIps: ["10.0.0.2"],
  state: "Ready",
  reason: "",
  message: "",
  createdAtMs: 1,
  annotatedPort: null,
  declaredPorts: [],
  service: "box",
  serviceFqdn: "box.team.svc.cluster.local",
  desired: "Running",
};
const DECIDED = { host: "10.0.0.2", port: 8888 };
const DIRECT = { kind: "tcp", ...DECIDED };
const TUNNEL = { kind: "tunnel", namespace: "team", pod: "box-pod", podUid: "p1", port: 8888 };

function dialer(options: Partial<DialerOptions>): ReturnType<typeof createDialer> {
  return createDialer({ configured: "auto", canTunnel: true, logger: silentLogger, ...options });
}

describe("how a sandbox is reached", () => {
  it.each([
    ["pod-ip", DIRECT],
    ["service", { kind: "tcp", host: "box.team.svc.cluster.local", port: 8888 }],
    ["port-forward", TUNNEL],
  ] as const)("is what was configured: %s", async (configured, target) => {
    expect(await dialer({ configured }).target(route, DECIDED)).toEqual(target);
  });

  it.each([
    [true, DIRECT],
    [false, TUNNEL],
  ])("is found out by the first sandbox (its pod answers: %s), once, and said", async (answers, target) => {
    const tried: string[] = [];
    const said: string[] = [];
    const logger: Logger = { ...silentLogger, info: (message) => void said.push(message) };
    const auto = dialer({
      logger,
      probe: async (host, port) => {
        tried.push(`${host}:${port}`);
        return answers;
      },
    });
    expect(auto.mode).toBeNull();
    const both = await Promise.all([auto.target(route, DECIDED), auto.target(route, DECIDED)]);
    expect(both).toEqual([target, target]);
    await auto.target({ ...route, podIps: ["10.0.0.3"] }, DECIDED);
    expect(tried).toEqual(["10.0.0.2:8888"]);
    expect(said).toHaveLength(1);
  });

  it("is by pod IP without a question where no tunnel can be had", async () => {
    const auto = dialer({ canTunnel: false, probe: () => Promise.reject(new Error("asked")) });
    expect(await auto.target(route, DECIDED)).toEqual(DIRECT);
  });

  it("is told where there is no way: no Service, no pod", async () => {
    const none = { ...route, serviceFqdn: null, podName: null };
    await expect(dialer({ configured: "service" }).target(none, DECIDED)).rejects.toMatchObject({
      code: "UNREACHABLE",
    });
    await expect(dialer({ configured: "port-forward" }).target(none, DECIDED)).rejects.toMatchObject({
      code: "UNREACHABLE",
    });
  });
});
