import { describe, expect, it } from "vitest";
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
  limits: null,
  problems: [],
  declaredPorts: [],
  service: "box",
  serviceFqdn: "box.team.svc.cluster.local",
  desired: "Running",
};
const DECIDED = { host: "10.0.0.2", port: 8888 };

describe("where bytes for a sandbox go", () => {
  it.each([
    ["pod-ip", { kind: "tcp", host: "10.0.0.2", port: 8888 }],
    ["service", { kind: "tcp", host: "box.team.svc.cluster.local", port: 8888 }],
    ["port-forward", { kind: "tunnel", namespace: "team", pod: "box-pod", podUid: "p1", port: 8888 }],
  ] as const)("is what the mode says: %s", (mode, target) => {
    expect(dialTarget(mode, route, DECIDED)).toEqual(target);
  });

  it.each(["service", "port-forward"] as const)("is told where there is none for %s", (mode) => {
    const none = { ...route, serviceFqdn: null, podName: null };
    expect(() => dialTarget(mode, none, DECIDED)).toThrow(/alice\/box has no/);
  });
});
