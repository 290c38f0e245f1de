import { describe, expect, test } from "vitest";
import type { Container, ContainerState, Pod, PodCondition, PodStatus } from "@sandgate/contract";
import { newRecord, type ContainerRecord } from "./container-record.ts";
import { podStatus, type StatusInput } from "./pod-status.ts";

const START = "2026-01-01T00:00:00Z";
const NOW = "2026-01-01T00:00:07Z";

const running: ContainerState = { running: { startedAt: START } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });
const record = (name: string, fields: Partial<ContainerRecord> = {}): ContainerRecord => ({
  ...newRecord(name),
  ...fields,
});
const ready = (name: string): ContainerRecord =>
  record(name, { state: running, ready: true, started: true, containerId: `sandgate://u/${name}/0` });

function statusOf(
  input: Partial<StatusInput> & { spec?: Partial<Pod["spec"]>; status?: PodStatus },
): PodStatus {
  const { spec, status, init = [], containers = [ready("main")], ...rest } = input;
  const asContainer = ({ name }: ContainerRecord): Container => ({ name, image: `image-of-${name}` });
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "box" },
    spec: { initContainers: init.map(asContainer), containers: containers.map(asContainer), ...spec },
    ...(status === undefined ? {} : { status }),
  };
  return podStatus({
    pod,
    init,
    containers,
    ip: "10.0.0.2",
    nodeIp: "10.0.0.1",
    startTime: START,
    nowMs: Date.parse(NOW),
    verdict: null,
    ...rest,
  });
}

const condition = (status: PodStatus, type: string): PodCondition | undefined =>
  status.conditions?.find((one) => one.type === type);

describe("the phase of a pod", () => {
  const crashed = record("main", { state: { waiting: { reason: "CrashLoopBackOff" } }, restartCount: 1 });
  test.each<[string, string, Parameters<typeof statusOf>[0]]>([
    ["Pending", "nothing has begun", { containers: [record("main")] }],
    [
      "Pending",
      "an init container runs",
      { init: [record("i", { state: running })], containers: [record("main")] },
    ],
    [
      "Pending",
      "an init container failed and is tried again",
      {
        init: [record("i", { state: ended(1) })],
        containers: [record("main")],
        spec: { restartPolicy: "Always" },
      },
    ],
    [
      "Failed",
      "an init container failed for good",
      {
        init: [record("i", { state: ended(1) })],
        containers: [record("main")],
        spec: { restartPolicy: "Never" },
      },
    ],
    ["Running", "one of two runs", { containers: [ready("main"), record("other")] }],
    ["Running", "one waits for its restart", { containers: [crashed] }],
    [
      "Running",
      "it was lost with the node and will be restarted",
      { containers: [record("main", { lastState: ended(255) })] },
    ],
    ["Running", "all ended, and are restarted", { containers: [record("main", { state: ended(0) })] }],
    [
      "Succeeded",
      "all ended well",
      { containers: [record("main", { state: ended(0) })], spec: { restartPolicy: "OnFailure" } },
    ],
    [
      "Failed",
      "one ended badly, for good",
      {
        containers: [record("a", { state: ended(0) }), record("b", { state: ended(3) })],
        spec: { restartPolicy: "Never" },
      },
    ],
    [
      "Running",
      "one ended badly while another runs",
      { containers: [ready("a"), record("b", { state: ended(3) })], spec: { restartPolicy: "Never" } },
    ],
    ["Failed", "the node has decided so", { verdict: { reason: "DeadlineExceeded", message: "late" } }],
  ])("is %s when %s", (phase, _when, input) => {
    expect(statusOf(input).phase).toBe(phase);
  });

  test("says why the node has ended it", () => {
    expect(statusOf({ verdict: { reason: "DeadlineExceeded", message: "late" } })).toMatchObject({
      reason: "DeadlineExceeded",
      message: "late",
    });
  });
});

describe("the conditions of a pod", () => {
  test("are true when all is ready", () => {
    const status = statusOf({});
    for (const type of ["PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"])
      expect(condition(status, type)?.status).toBe("True");
  });

  test("name the containers that are not ready, and those that are not through", () => {
    const status = statusOf({
      init: [record("i", { state: running })],
      containers: [record("a"), record("b")],
      ip: null,
    });
    expect(condition(status, "PodReadyToStartContainers")?.status).toBe("False");
    expect(condition(status, "Initialized")).toMatchObject({
      reason: "ContainersNotInitialized",
      message: "containers with incomplete status: [i]",
    });
    expect(condition(status, "Ready")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [a b]",
    });
    expect(status.podIP).toBeUndefined();
  });

  test("wait for readiness gates, which others set", () => {
    const spec = { readinessGates: [{ conditionType: "example.com/fed" }] };
    expect(condition(statusOf({ spec }), "Ready")).toMatchObject({
      status: "False",
      reason: "ReadinessGatesNotReady",
    });
    const gate: PodCondition = { type: "example.com/fed", status: "True" };
    const open = statusOf({ spec, status: { conditions: [gate] } });
    expect(condition(open, "Ready")?.status).toBe("True");
    expect(condition(open, "example.com/fed")).toEqual(gate);
  });

  test("keep the time of their last change, and only of that", () => {
    const before = statusOf({ nowMs: Date.parse(START) });
    const same = statusOf({ status: before });
    expect(condition(same, "Ready")?.lastTransitionTime).toBe(START);
    const changed = statusOf({ status: before, containers: [record("main", { state: running })] });
    expect(condition(changed, "Ready")?.lastTransitionTime).toBe(NOW);
    expect(condition(changed, "Initialized")?.lastTransitionTime).toBe(START);
  });

  test("of a pod that has ended say so", () => {
    const done = statusOf({
      containers: [record("main", { state: ended(0) })],
      spec: { restartPolicy: "Never" },
    });
    expect(condition(done, "Ready")).toMatchObject({ status: "False", reason: "PodCompleted" });
    const failed = statusOf({
      containers: [record("main", { state: ended(1) })],
      spec: { restartPolicy: "Never" },
    });
    expect(condition(failed, "ContainersReady")).toMatchObject({ status: "False", reason: "PodFailed" });
  });
});

describe("the statuses of containers", () => {
  test("name image and id once there is one", () => {
    const status = statusOf({ containers: [ready("main"), record("new")] });
    expect(status.containerStatuses?.[0]).toMatchObject({
      name: "main",
      image: "image-of-main",
      containerID: "sandgate://u/main/0",
      ready: true,
      started: true,
    });
    expect(status.containerStatuses?.[1]).toMatchObject({ imageID: "", ready: false });
    expect(status.containerStatuses?.[1]).not.toHaveProperty("containerID");
    expect(status).not.toHaveProperty("initContainerStatuses");
  });
});

test("a pod that was refused before anything began has no containers' states", () => {
  const verdict = { reason: "SandgateUnsupported", message: "spec.hostNetwork" };
  const waiting = { init: [record("i")], containers: [record("main")], verdict };
  expect(statusOf(waiting)).not.toHaveProperty("containerStatuses");
  expect(statusOf(waiting)).not.toHaveProperty("initContainerStatuses");
  expect(statusOf({ containers: [ready("main")], verdict }).containerStatuses).toHaveLength(1);
});
