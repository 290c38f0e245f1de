import type { Condition, NormalSandbox, SandboxState } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import type { PodView } from "./pod-view.ts";
import { stateOf } from "./state-of.ts";

const condition = (type: string, status: "True" | "False", reason: string): Condition => ({
  type,
  status,
  reason,
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
});
const ready = condition("Ready", "True", "DependenciesReady");
const notReady = condition("Ready", "False", "DependenciesNotReady");
const suspended = condition("Suspended", "True", "PodTerminated");

const sandbox = (change: Partial<NormalSandbox> = {}): NormalSandbox => ({
  namespace: "default",
  name: "box",
  uid: "s1",
  resourceVersion: "1",
  createdAtMs: 0,
  labels: {},
  annotations: {},
  desired: "Running",
  deleting: false,
  conditions: [],
  podIps: [],
  service: null,
  serviceFqdn: null,
  ports: [],
  podName: "box",
  shutdownAtMs: null,
  ...change,
});
const pod = (change: Partial<PodView> = {}): PodView => ({
  uid: "p1",
  resourceVersion: "1",
  name: "box",
  namespace: "default",
  sandboxUid: "s1",
  podIps: ["10.0.0.2"],
  hostIps: [],
  hostNetwork: false,
  ready: true,
  deleting: false,
  phase: "Running",
  reason: "",
  message: "",
  ...change,
});

const rows: [string, Partial<NormalSandbox>, PodView | undefined, SandboxState][] = [
  ["new, without conditions or pod", {}, undefined, "Starting"],
  ["ready with a ready pod", { conditions: [ready] }, pod(), "Ready"],
  ["ready by its condition, but its pod is not", { conditions: [ready] }, pod({ ready: false }), "Starting"],
  ["ready by its condition, but without a pod", { conditions: [ready] }, undefined, "Starting"],
  ["ready by its condition, but its pod has no IP", { conditions: [ready] }, pod({ podIps: [] }), "Starting"],
  [
    "ready by its condition, but its pod is going",
    { conditions: [ready] },
    pod({ deleting: true }),
    "Starting",
  ],
  ["not ready by its condition, although its pod is", { conditions: [notReady] }, pod(), "Starting"],
  [
    "not ready by its condition at v0.1.0, although the pod that it has from a pool is",
    { conditions: [notReady], podName: "pool-x" },
    pod({ name: "pool-x" }),
    "Ready",
  ],
  [
    "not ready, nor is the pod that it has from a pool",
    { conditions: [notReady], podName: "pool-x" },
    pod({ name: "pool-x", ready: false }),
    "Starting",
  ],
  [
    "in trouble, although the pod that it has from a pool is ready",
    { conditions: [condition("Ready", "False", "ReconcilerError")], podName: "pool-x" },
    pod({ name: "pool-x" }),
    "Starting",
  ],
  [
    "not ready, and the pod that it has from a pool is going",
    { conditions: [notReady], podName: "pool-x" },
    pod({ name: "pool-x", deleting: true }),
    "Starting",
  ],
  [
    "replicas 0 up to v0.4.6, where Ready stays True",
    { desired: "Suspended", conditions: [ready] },
    undefined,
    "Suspended",
  ],
  [
    "suspended at v0.5.0, told before the pod is gone",
    { desired: "Suspended", conditions: [suspended] },
    pod(),
    "Suspending",
  ],
  ["suspended, pod gone", { desired: "Suspended", conditions: [suspended] }, undefined, "Suspended"],
  ["resumed at v0.5.0, Suspended=True left over", { conditions: [ready, suspended] }, pod(), "Ready"],
  ["expired", { conditions: [condition("Ready", "False", "SandboxExpired")] }, undefined, "Expired"],
  [
    "failed at v0.5.1 and later",
    { conditions: [condition("Ready", "False", "PodFailed")] },
    pod({ phase: "Failed", ready: false }),
    "Failed",
  ],
  [
    "failed before v0.5.1, told by the pod",
    { conditions: [notReady] },
    pod({ phase: "Failed", ready: false }),
    "Failed",
  ],
  [
    "succeeded at v0.5.1 and later",
    { conditions: [condition("Ready", "False", "PodSucceeded")] },
    pod({ phase: "Succeeded" }),
    "Succeeded",
  ],
  [
    "succeeded before v0.5.1, told by the pod",
    { conditions: [notReady] },
    pod({ phase: "Succeeded", ready: false }),
    "Succeeded",
  ],
  [
    "Finished left over, its pod gone",
    { conditions: [notReady, condition("Finished", "True", "PodFailed")] },
    undefined,
    "Starting",
  ],
  ["several pods", { conditions: [condition("Ready", "False", "MultiplePods")] }, pod(), "Failed"],
  ["being deleted", { deleting: true, conditions: [ready] }, pod(), "Missing"],
];

describe("stateOf", () => {
  it.each(rows)("a sandbox that is %s", (_title, change, podView, state) => {
    expect(stateOf(sandbox(change), podView).state).toBe(state);
  });

  it("tells why a pod does not start", () => {
    const waiting = pod({
      ready: false,
      phase: "Pending",
      reason: "ErrImageNeverPull",
      message: "no such image",
    });
    expect(stateOf(sandbox({ conditions: [notReady] }), waiting).message).toContain(
      "ErrImageNeverPull: no such image",
    );
  });

  it.each([
    ["at v0.5.1 and later", condition("Ready", "False", "PodFailed")],
    ["before v0.5.1", notReady],
  ])("tells once why a pod has failed %s", (_title, told) => {
    const refused = pod({
      ready: false,
      phase: "Failed",
      reason: "SandgateUnsupported",
      message: "spec.hostNetwork: no",
    });
    const { reason, message } = stateOf(sandbox({ conditions: [told] }), refused);
    expect(`${reason}: ${message}`.match(/SandgateUnsupported: spec\.hostNetwork: no/g)).toHaveLength(1);
  });

  it("tells a failed pod's message where it gives no reason", () => {
    const failed = pod({ ready: false, phase: "Failed", message: "exit code 3" });
    const told = condition("Ready", "False", "PodFailed");
    expect(stateOf(sandbox({ conditions: [told] }), failed).message).toContain("exit code 3");
  });
});
