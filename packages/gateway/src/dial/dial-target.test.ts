import { describe, expect, it } from "vitest";
import { newCircuit } from "../engine/upstream/circuit.ts";
import type { Route } from "../routes/route.ts";
import { dialTarget } from "./dial-target.ts";

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
  keptPrefix: [],
  h2cPorts: [],
  limits: null,
  problems: [],
  declaredPorts: [],
  service: "box",
  serviceFqdn: "box.team.svc.cluster.local",
  desired: "Running",
  dialled: null,
  use: null,
};
const DECIDED = { host: "10.0.0.2", port: 8888 };

describe("where bytes for a sandbox go", () => {
  it.each([
    ["pod-ip", { kind: "tcp", host: "10.0.0.2", port: 8888, h2c: false, circuit: newCircuit() }],
    [
      "service",
      { kind: "tcp", host: "box.team.svc.cluster.local", port: 8888, h2c: false, circuit: newCircuit() },
    ],
    [
      "port-forward",
      { kind: "tunnel", namespace: "team", pod: "box-pod", podUid: "p1", port: 8888, h2c: false },
    ],
  ] as const)("is what the mode says: %s", (mode, target) => {
    expect(dialTarget(mode, route, DECIDED)).toEqual(target);
  });

  it("is the same object each time, by which kept connections are found, until the address is another", () => {
    const one = { ...route };
    const first = dialTarget("pod-ip", one, DECIDED);
    const other = dialTarget("pod-ip", one, { ...DECIDED, port: 9000 });
    expect(dialTarget("pod-ip", one, { ...DECIDED })).toBe(first);
    expect(dialTarget("pod-ip", one, { ...DECIDED, port: 9000 })).toBe(other);
    expect(dialTarget("pod-ip", one, { ...DECIDED, host: "10.0.0.3" })).toEqual({
      kind: "tcp",
      host: "10.0.0.3",
      port: 8888,
      h2c: false,
      circuit: newCircuit(),
    });
  });

  it("shares what is known of an address among its ports, and with no other address or pod", () => {
    const circuitOf = (of: Route, host: string, port: number): unknown => {
      const target = dialTarget("pod-ip", of, { host, port });
      return target.kind === "tcp" ? target.circuit : undefined;
    };
    const one = { ...route };
    const first = circuitOf(one, "10.0.0.2", 8888);
    expect(circuitOf(one, "10.0.0.2", 9000)).toBe(first);
    expect(circuitOf(one, "10.0.0.3", 8888)).not.toBe(first);
    expect(circuitOf({ ...route, dialled: null }, "10.0.0.2", 8888)).not.toBe(first);
  });

  it.each(["pod-ip", "service", "port-forward"] as const)("by %s says which ports speak HTTP/2", (mode) => {
    const one = { ...route, h2cPorts: [50_051] };
    expect(dialTarget(mode, one, DECIDED).h2c).toBe(false);
    expect(dialTarget(mode, one, { ...DECIDED, port: 50_051 }).h2c).toBe(true);
    // The ports of a route that was made anew may speak something else.
    one.h2cPorts = [];
    expect(dialTarget(mode, one, { ...DECIDED, port: 50_051 }).h2c).toBe(false);
  });

  it("is remembered for a bounded number of ports", () => {
    const one = { ...route };
    for (let port = 1; port < 1000; port++) dialTarget("pod-ip", one, { ...DECIDED, port });
    expect(one.dialled?.length).toBeLessThanOrEqual(64);
  });

  it.each(["service", "port-forward"] as const)("is told where there is none for %s", (mode) => {
    const none = { ...route, serviceFqdn: null, podName: null };
    expect(() => dialTarget(mode, none, DECIDED)).toThrow(/alice\/box has no/);
  });
});
