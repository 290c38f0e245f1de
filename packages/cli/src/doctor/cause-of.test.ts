import { describe, expect, it } from "vitest";
import { causeOf } from "./cause-of.ts";
import { fakeSandbox, type FakeSandbox } from "./fake-facts.ts";

const NOT_READY: FakeSandbox["ready"] = ["False", "DependenciesNotReady", "Pod is not ready"];
const container = (status: object): object => ({
  conditions: [],
  containerStatuses: [
    { name: "box", image: "example.com/box:1", imageID: "", ready: false, restartCount: 0, ...status },
  ],
});
const waiting = (reason: string, message = ""): FakeSandbox => ({
  ready: NOT_READY,
  podStatus: { phase: "Pending", ...container({ state: { waiting: { reason, message } } }) },
});
const refused = (message: string): FakeSandbox => ({
  ready: ["False", "ReconcilerError", message],
  podStatus: null,
});

describe("causeOf", () => {
  it("finds nothing wrong with a sandbox that is ready", () => {
    expect(causeOf(fakeSandbox())).toBeNull();
  });

  it.each<[string, FakeSandbox, string, string]>([
    [
      "suspended",
      { spec: { operatingMode: "Suspended" }, podStatus: null },
      "SANDBOX_SUSPENDED",
      "suspended",
    ],
    ["suspended by replicas", { spec: { replicas: 0 }, podStatus: null }, "SANDBOX_SUSPENDED", "suspended"],
    ["expired", { ready: ["False", "SandboxExpired", "late"], podStatus: null }, "SANDBOX_EXPIRED", "late"],
    ["with several pods", { ready: ["False", "MultiplePods", "two"] }, "MULTIPLE_PODS", "two"],
    [
      "whose pod failed",
      { podStatus: { phase: "Failed", ...container({ state: { terminated: { exitCode: 3 } } }) } },
      "POD_ENDED",
      "exit code 3",
    ],
    [
      "whose pod is evicted",
      { podStatus: { phase: "Failed", reason: "Evicted", message: "disk" } },
      "POD_ENDED",
      "Evicted: disk",
    ],
    ["on the node's network", { podSpec: { hostNetwork: true } }, "POD_WITHOUT_ADDRESS", "node's network"],
    [
      "with an address of this host",
      { podStatus: { podIPs: [{ ip: "127.0.0.1" }] } },
      "POD_WITHOUT_ADDRESS",
      "none that may be dialled",
    ],
    ["without its image", waiting("ImagePullBackOff"), "IMAGE_MISSING", "example.com/box:1"],
    ["with an image that is no name", waiting("InvalidImageName"), "IMAGE_MISSING", "example.com/box:1"],
    [
      "without its Secret",
      waiting("CreateContainerConfigError", 'secret "s" not found'),
      "CONTAINER_CONFIG",
      'secret "s"',
    ],
    [
      "with a wrong command",
      waiting("RunContainerError", "no such file"),
      "CONTAINER_CONFIG",
      "no such file",
    ],
    [
      "that waits to be restarted",
      waiting("CrashLoopBackOff", "back-off 10s restarting"),
      "CONTAINER_CRASHES",
      "back-off",
    ],
    [
      "that runs between two restarts",
      {
        ready: NOT_READY,
        podStatus: container({ state: { running: {} }, lastState: { terminated: { exitCode: 9 } } }),
      },
      "CONTAINER_CRASHES",
      "exit code 9",
    ],
    [
      "that no node takes",
      {
        ready: NOT_READY,
        podStatus: {
          phase: "Pending",
          conditions: [
            { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes" },
          ],
        },
      },
      "UNSCHEDULABLE",
      "0/1 nodes",
    ],
    [
      "over its quota",
      refused('Error seen: pods "box" is forbidden: exceeded quota: q, requested: pods=1'),
      "QUOTA_EXCEEDED",
      "exceeded quota: q",
    ],
    [
      "of a RuntimeClass that is none",
      refused('pod rejected: RuntimeClass "kata" not found'),
      "RUNTIME_CLASS_MISSING",
      "kata",
    ],
    [
      "against PodSecurity",
      refused('pods "box" is forbidden: violates PodSecurity'),
      "POD_REFUSED",
      "violates PodSecurity",
    ],
    ["that nobody works on", { ready: null, podStatus: null }, "CONTROLLER_SILENT", "empty"],
    ["that was made just now", { ready: null, podStatus: null, age: 1 }, "SANDBOX_STARTING", "NoStatusYet"],
    ["whose probe fails", { ready: NOT_READY, podStatus: { conditions: [] } }, "POD_NOT_READY", "not ready"],
    [
      "whose pod is not made yet",
      { ready: NOT_READY, podStatus: null },
      "SANDBOX_STARTING",
      "DependenciesNotReady",
    ],
  ])("of one %s", (_what, told, id, detail) => {
    const cause = causeOf(fakeSandbox(told));
    expect([cause?.id, cause?.detail]).toEqual([id, expect.stringContaining(detail)]);
    expect(cause?.subject).toBe("alice/box (namespace default)");
    expect(cause?.command).not.toMatch(/<\w+>/);
  });

  it("says the same of sandboxes that differ in their names only", () => {
    const message = (name: string): string => `Error seen: pods "${name}" is forbidden: exceeded quota: q`;
    const details = ["one", "two"].map(
      (name) =>
        causeOf(fakeSandbox({ name, ready: ["False", "ReconcilerError", message(name)], podStatus: null }))
          ?.detail,
    );
    expect(new Set(details).size).toBe(1);
  });

  it("says what the latest warning said of a sandbox whose state says nothing", () => {
    const fact = fakeSandbox({ ready: NOT_READY, podStatus: null });
    const events = ["first", "no runtime for x"].map((message) => ({
      metadata: { name: "e", uid: "e", resourceVersion: "1" },
      involvedObject: {},
      message,
    }));
    expect(causeOf({ ...fact, events })?.detail).toMatch(/no runtime for x$/);
  });
});
