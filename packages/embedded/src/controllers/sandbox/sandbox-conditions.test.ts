import type { Pod, Service, Stored } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import {
  controlledBy,
  readyPodStatus,
  samplePod,
  sampleSandbox,
} from "../../../test/support/sample-objects.ts";
import { sandboxConditions, type ConditionInput } from "./sandbox-conditions.ts";

const box = sampleSandbox("box");
const suspendedBox = sampleSandbox("box", { spec: { operatingMode: "Suspended" } });
const service: Stored<Service> = { metadata: { name: "box", uid: "s", resourceVersion: "1" } };

function owned(status: NonNullable<Pod["status"]>): Stored<Pod> {
  return samplePod("box", { metadata: { ownerReferences: controlledBy("Sandbox", box) }, status });
}

function told(input: Partial<ConditionInput>): Record<string, string> {
  const all = sandboxConditions({
    sandbox: box,
    pod: undefined,
    service: undefined,
    errors: {},
    ownedPods: 1,
    ...input,
  });
  return Object.fromEntries(
    all.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
  );
}

describe("the conditions of a sandbox", () => {
  it.each<[string, Partial<ConditionInput>, string]>([
    ["without a pod", { pod: undefined }, "False DependenciesNotReady: Pod does not exist"],
    [
      "pending",
      { pod: owned({ phase: "Pending" }) },
      "False DependenciesNotReady: Pod exists with phase: Pending",
    ],
    [
      "running",
      { pod: owned({ phase: "Running" }) },
      "False DependenciesNotReady: Pod is Running but not Ready",
    ],
    [
      "without an address",
      { pod: owned({ ...readyPodStatus(), podIPs: [] }) },
      "False DependenciesNotReady: Pod is Ready but has no podIPs yet",
    ],
    ["ready", { pod: owned(readyPodStatus()) }, "True DependenciesReady: Pod is Ready"],
    [
      "with its Service",
      { pod: owned(readyPodStatus()), service },
      "True DependenciesReady: Pod is Ready; Service Exists",
    ],
    [
      "waiting for its Service",
      { pod: owned(readyPodStatus()), sandbox: sampleSandbox("box", { spec: { service: true } }) },
      "False DependenciesNotReady: Pod is Ready; Service does not exist",
    ],
    ["ended well", { pod: owned({ phase: "Succeeded" }) }, "False PodSucceeded: Pod completed successfully"],
    ["ended badly", { pod: owned({ phase: "Failed" }) }, "False PodFailed: Pod failed"],
    [
      "suspending",
      { sandbox: suspendedBox, pod: owned(readyPodStatus()) },
      "False SandboxSuspended: Sandbox is suspending",
    ],
    ["suspended", { sandbox: suspendedBox }, "False SandboxSuspended: Sandbox is suspended"],
    [
      "with two pods",
      { ownedPods: 2 },
      "False MultiplePods: multiple Pods (2) are controlled by this Sandbox; refusing to choose or create a Pod",
    ],
    [
      "with two failures",
      { errors: { pod: "no room", service: "no name" } },
      "False ReconcilerError: Error seen: no room\nno name",
    ],
  ])("say of one that is %s whether it is ready", (_title, input, ready) => {
    expect(told(input)["Ready"]).toBe(ready);
  });

  it.each<[string, Partial<ConditionInput>, string]>([
    ["running", {}, "False NotSuspended: Sandbox is not suspended"],
    [
      "without its pod",
      { sandbox: suspendedBox },
      "True PodTerminated: Pod has been terminated. Sandbox is suspended",
    ],
    [
      "losing its pod",
      { sandbox: suspendedBox, pod: owned(readyPodStatus()) },
      "False PodTerminating: Pod is terminating. Sandbox is suspending",
    ],
    [
      "beside a stranger's pod",
      { sandbox: suspendedBox, pod: samplePod("box") },
      "False PodNotOwned: Refused to delete pod because it is not owned by this sandbox",
    ],
    [
      "of an unknown pod",
      { sandbox: suspendedBox, errors: { pod: "no answer" } },
      "Unknown PodStateUnknown: Pod state is unknown. Sandbox suspension cannot be confirmed",
    ],
  ])("say of one %s whether it is suspended", (_title, input, suspended) => {
    expect(told(input)["Suspended"]).toBe(suspended);
  });

  it("copy from the pod whether it has a node, and that it has ended", () => {
    const conditions = [
      { type: "PodScheduled", status: "False" as const, reason: "Unschedulable", message: "full" },
    ];
    expect(told({ pod: owned({ phase: "Pending", conditions }) })["PodScheduled"]).toBe(
      "False Unschedulable: full",
    );
    expect(told({ pod: owned({ phase: "Pending" }) })["PodScheduled"]).toBe(
      "Unknown PodSchedulingUnknown: Pod has not reported a PodScheduled condition yet",
    );
    expect(told({ errors: { pod: "x" } })["PodScheduled"]).toMatch(
      /^Unknown PodSchedulingUnknown: Pod state/,
    );
    expect(told({})).not.toHaveProperty("PodScheduled");
    expect(told({ pod: owned({ phase: "Succeeded" }) })["Finished"]).toBe(
      "True PodSucceeded: Pod completed successfully",
    );
    expect(told({ pod: samplePod("box", { status: { phase: "Failed" } }) })).not.toHaveProperty("Finished");
  });
});
