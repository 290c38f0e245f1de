import type { Pod } from "@sandgate/contract";
import { describe, expect, test } from "vitest";
import { createBuiltInDefinitions } from "../built-in.ts";
import type { ResourceStrategy } from "../resource-definition.ts";

const strategy = strategyOf("Pod");
const CONTAINER = { name: "a", image: "x" };

function strategyOf(kind: string): ResourceStrategy {
  const found = createBuiltInDefinitions().find(
    (definition) => definition.kind === kind && definition.group === "",
  );
  if (found === undefined) throw new Error(`no ${kind}`);
  return found.strategy;
}

function created(spec: object): Pod {
  const pod = { metadata: { name: "p", namespace: "default" }, spec: structuredClone(spec) };
  strategy.defaults?.(pod);
  strategy.prepareCreate?.(pod);
  return pod as Pod;
}

/** What is wrong with a pod that is created with this spec, a line for each. */
function problems(spec: object): string[] {
  return (strategy.validate?.(created(spec), undefined) ?? []).map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

function withContainer(more: object): object {
  return { containers: [{ ...CONTAINER, ...more }] };
}

describe("a created pod", () => {
  test("has what an absent field means", () => {
    expect(
      created({ containers: [{ ...CONTAINER, ports: [{ containerPort: 80 }] }], volumes: [{ name: "v" }] }),
    ).toEqual({
      metadata: { name: "p", namespace: "default" },
      spec: {
        containers: [
          {
            name: "a",
            image: "x",
            imagePullPolicy: "Always",
            ports: [{ containerPort: 80, protocol: "TCP" }],
            resources: {},
            terminationMessagePath: "/dev/termination-log",
            terminationMessagePolicy: "File",
          },
        ],
        volumes: [{ name: "v", emptyDir: {} }],
        restartPolicy: "Always",
        dnsPolicy: "ClusterFirst",
        schedulerName: "default-scheduler",
        terminationGracePeriodSeconds: 30,
        enableServiceLinks: true,
        securityContext: {},
        serviceAccountName: "default",
        serviceAccount: "default",
        priority: 0,
        preemptionPolicy: "PreemptLowerPriority",
        tolerations: [
          {
            key: "node.kubernetes.io/not-ready",
            operator: "Exists",
            effect: "NoExecute",
            tolerationSeconds: 300,
          },
          {
            key: "node.kubernetes.io/unreachable",
            operator: "Exists",
            effect: "NoExecute",
            tolerationSeconds: 300,
          },
        ],
      },
      status: { phase: "Pending", qosClass: "BestEffort" },
    });
  });

  test.each([
    ["x", "Always"],
    ["x:latest", "Always"],
    ["x:1", "IfNotPresent"],
    ["registry:5000/x:1", "IfNotPresent"],
    ["x@sha256:abc", "IfNotPresent"],
  ])("with the image %s pulls %s", (image, policy) => {
    expect(created(withContainer({ image })).spec.containers[0]?.imagePullPolicy).toBe(policy);
  });

  test("loses empty members and has its amounts and probes filled in", () => {
    const pod = created(
      withContainer({
        stdin: false,
        args: [],
        workingDir: "",
        env: [{ name: "A", value: "" }],
        resources: { limits: { memory: "1024Mi", cpu: 0.5 } },
        readinessProbe: { httpGet: { port: 80 }, timeoutSeconds: 0 },
      }),
    );
    expect(pod.spec.containers[0]).toMatchObject({
      env: [{ name: "A" }],
      resources: { limits: { memory: "1Gi", cpu: "500m" }, requests: { memory: "1Gi", cpu: "500m" } },
      readinessProbe: {
        httpGet: { path: "/", port: 80, scheme: "HTTP" },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
    });
    expect(pod.spec.containers[0]).not.toHaveProperty("stdin");
    expect(pod.spec.containers[0]).not.toHaveProperty("args");
    expect(pod.status?.qosClass).toBe("Guaranteed");
  });

  test("that is gated says so in its condition", () => {
    expect(
      created({ ...withContainer({}), schedulingGates: [{ name: "g" }] }).status?.conditions,
    ).toMatchObject([{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }]);
  });

  test.each<[object, string]>([
    [{ containers: [] }, "spec.containers: Required value"],
    [withContainer({ name: "" }), "spec.containers[0].name: Required value"],
    [withContainer({ image: "" }), "spec.containers[0].image: Required value"],
    [{ containers: [CONTAINER, CONTAINER] }, 'spec.containers[1].name: Duplicate value: "a"'],
    [withContainer({ name: "a.b" }), 'spec.containers[0].name: Invalid value: "a.b": must not contain dots'],
    [
      withContainer({ ports: [{ containerPort: 65_536 }] }),
      "spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive",
    ],
    [
      withContainer({
        ports: [
          { containerPort: 80, name: "a" },
          { containerPort: 81, name: "a" },
        ],
      }),
      'spec.containers[0].ports[1].name: Duplicate value: "a"',
    ],
    [
      withContainer({ env: [{ name: "a=b" }] }),
      "spec.containers[0].env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='",
    ],
    [
      withContainer({
        env: [{ name: "A", value: "x", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }],
      }),
      'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      withContainer({ volumeMounts: [{ name: "v", mountPath: "/v" }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      {
        containers: [
          {
            ...CONTAINER,
            volumeMounts: [
              { name: "v", mountPath: "/v" },
              { name: "v", mountPath: "/v" },
            ],
          },
        ],
        volumes: [{ name: "v" }],
      },
      'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique',
    ],
    [
      { ...withContainer({}), volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/" } }] },
      "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
    ],
    [
      withContainer({ livenessProbe: {} }),
      "spec.containers[0].livenessProbe: Required value: must specify a handler type",
    ],
    [
      withContainer({ livenessProbe: { exec: { command: ["x"] }, tcpSocket: { port: 1 } } }),
      "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
    ],
    [
      withContainer({ resources: { limits: { cpu: "1" }, requests: { cpu: "2" } } }),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      { ...withContainer({}), restartPolicy: "Sometimes" },
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      {
        ...withContainer({}),
        initContainers: [{ name: "i", image: "x", livenessProbe: { exec: { command: ["x"] } } }],
      },
      "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
    ],
    [
      { ...withContainer({}), hostUsers: false, hostPID: true },
      "spec.HostPID: Forbidden: when `hostUsers` is false",
    ],
  ])("%j is refused", (spec, line) => {
    expect(problems(spec)).toEqual([line]);
  });

  test("whose members have other types than they should is looked at without failing", () => {
    for (const wrong of [null, "x", 7, [], [null], ["x"], [[]], {}]) {
      const spec = {
        containers: [
          { name: wrong, image: wrong, env: wrong, ports: wrong, volumeMounts: wrong, resources: wrong },
        ],
        volumes: wrong,
        tolerations: wrong,
        initContainers: wrong,
        securityContext: wrong,
        dnsConfig: wrong,
      };
      expect(Array.isArray(problems(spec))).toBe(true);
      expect(Array.isArray(problems({ containers: wrong }))).toBe(true);
    }
  });
});

test("a pod that repeats a variable or a port is accepted with a warning", () => {
  const repeated = withContainer({
    env: [{ name: "A" }, { name: "A", value: "b" }],
    ports: [{ containerPort: 80 }, { containerPort: 80, name: "again" }],
  });
  expect(problems(repeated)).toEqual([]);
  expect(strategy.warnings?.(created(repeated))).toEqual([
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
  ]);
});

describe("deleting a pod", () => {
  test.each<[Partial<Pod["spec"]>, Pod["status"], number | undefined, number]>([
    [{}, { phase: "Pending" }, undefined, 0],
    [{ nodeName: "n" }, { phase: "Running" }, undefined, 30],
    [{ nodeName: "n" }, { phase: "Running" }, 5, 5],
    [{ nodeName: "n" }, { phase: "Running" }, -1, 1],
    [{ nodeName: "n" }, { phase: "Running" }, 0, 0],
    [{ nodeName: "n" }, { phase: "Succeeded" }, undefined, 0],
  ])("with %j, %j and %s asked for takes %i seconds", (spec, status, asked, seconds) => {
    const pod = created({ ...withContainer({}), ...spec });
    if (status !== undefined) pod.status = status;
    expect(strategy.gracePeriodSeconds?.(pod, asked)).toBe(seconds);
  });
});
