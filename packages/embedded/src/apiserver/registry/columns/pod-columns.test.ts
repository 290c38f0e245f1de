import type { Pod } from "@sandgate/contract";
import { describe, expect, test } from "vitest";
import { POD_COLUMNS } from "./pod-columns.ts";

const NOW = Date.parse("2026-01-01T00:10:00Z");
const META = { name: "x", creationTimestamp: "2026-01-01T00:05:00Z" };

function print(object: Pod): Record<string, unknown> {
  return Object.fromEntries(POD_COLUMNS.map(({ name, value }) => [name, value?.(object, NOW)]));
}

function pod(
  status: Pod["status"],
  more: { spec?: Partial<Pod["spec"]>; metadata?: Pod["metadata"] } = {},
): Pod {
  return {
    metadata: { ...META, ...more.metadata },
    spec: { containers: [{ name: "a" }, { name: "b" }], ...more.spec },
    ...(status === undefined ? {} : { status }),
  };
}

const container = { image: "i", imageID: "", restartCount: 0, ready: false };
const RUNNING = { ...container, ready: true, state: { running: {} } };
const DONE = { ...container, state: { terminated: { exitCode: 0, reason: "Completed" } } };
const READY = { type: "Ready", status: "True" } as const;

describe("the STATUS of a pod", () => {
  test.each<[string, Pod, string, string]>([
    ["before a node has it", pod({ phase: "Pending" }), "0/2", "Pending"],
    [
      "held by a scheduling gate",
      pod({
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
      }),
      "0/2",
      "SchedulingGated",
    ],
    [
      "while it runs",
      pod({
        phase: "Running",
        conditions: [READY],
        containerStatuses: [
          { name: "a", ...RUNNING },
          { name: "b", ...RUNNING },
        ],
      }),
      "2/2",
      "Running",
    ],
    [
      "with a container that waits",
      pod({
        phase: "Running",
        containerStatuses: [
          { name: "a", ...container, state: { waiting: { reason: "CrashLoopBackOff" } } },
          { name: "b", ...RUNNING },
        ],
      }),
      "1/2",
      "CrashLoopBackOff",
    ],
    [
      "with one of two done and the pod ready",
      pod({
        phase: "Running",
        conditions: [READY],
        containerStatuses: [
          { name: "a", ...DONE },
          { name: "b", ...RUNNING },
        ],
      }),
      "1/2",
      "Running",
    ],
    [
      "with one of two done and the pod not ready",
      pod({
        phase: "Running",
        containerStatuses: [
          { name: "a", ...DONE },
          { name: "b", ...RUNNING },
        ],
      }),
      "1/2",
      "NotReady",
    ],
    [
      "when all is done",
      pod({
        phase: "Succeeded",
        containerStatuses: [
          { name: "a", ...DONE },
          { name: "b", ...DONE },
        ],
      }),
      "0/2",
      "Completed",
    ],
    [
      "ended by a signal without a reason",
      pod({
        phase: "Failed",
        containerStatuses: [{ name: "a", ...container, state: { terminated: { exitCode: 137, signal: 9 } } }],
      }),
      "0/2",
      "Signal:9",
    ],
    ["evicted", pod({ phase: "Failed", reason: "Evicted" }), "0/2", "Evicted"],
    [
      "while the first of two init containers runs",
      pod(
        { phase: "Pending", initContainerStatuses: [{ name: "i", ...container, state: { running: {} } }] },
        { spec: { initContainers: [{ name: "i" }, { name: "j" }] } },
      ),
      "0/2",
      "Init:0/2",
    ],
    [
      "with an init container that failed",
      pod(
        {
          phase: "Pending",
          initContainerStatuses: [{ name: "i", ...container, state: { terminated: { exitCode: 3 } } }],
        },
        { spec: { initContainers: [{ name: "i" }] } },
      ),
      "0/2",
      "Init:ExitCode:3",
    ],
    [
      "with a sidecar that runs",
      pod(
        {
          phase: "Running",
          conditions: [READY],
          initContainerStatuses: [{ name: "s", ...RUNNING, started: true }],
          containerStatuses: [
            { name: "a", ...RUNNING },
            { name: "b", ...RUNNING },
          ],
        },
        { spec: { initContainers: [{ name: "s", restartPolicy: "Always" }] } },
      ),
      "3/3",
      "Running",
    ],
    [
      "on its way out",
      pod({ phase: "Running" }, { metadata: { deletionTimestamp: "2026-01-01T00:09:00Z" } }),
      "0/2",
      "Terminating",
    ],
    [
      "over, though something holds it",
      pod({ phase: "Failed" }, { metadata: { deletionTimestamp: "2026-01-01T00:09:00Z" } }),
      "0/2",
      "Failed",
    ],
  ])("%s", (_, object, ready, status) => {
    expect(print(object)).toMatchObject({
      Name: "x",
      Ready: ready,
      Status: status,
      Age: "5m",
    });
  });

  test("comes with when it last restarted", () => {
    const status = {
      name: "a",
      ...RUNNING,
      restartCount: 2,
      lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T00:08:00Z" } },
    };
    expect(print(pod({ phase: "Running", containerStatuses: [status] }))).toMatchObject({
      Restarts: "2 (2m ago)",
    });
  });

  test("comes wide with address and node", () => {
    const object = pod(
      { podIPs: [{ ip: "10.0.0.1" }] },
      { spec: { nodeName: "n", readinessGates: [{ conditionType: "g" }] } },
    );
    expect(print(object)).toMatchObject({
      IP: "10.0.0.1",
      Node: "n",
      "Nominated Node": "<none>",
      "Readiness Gates": "0/1",
    });
  });
});
