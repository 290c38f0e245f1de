import { RUNTIME_IMAGE, type Pod } from "@sandgate/contract";
import { expect, test } from "vitest";
import { refusals } from "./refusals.ts";
import { isKnownImage } from "./supported-fields.ts";

function refusedFields(spec: object, container: object = {}): string[] {
  const pod = {
    metadata: { name: "p" },
    spec: { containers: [{ name: "c", image: RUNTIME_IMAGE, ...container }], ...spec },
  } as unknown as Pod;
  return refusals(pod).map(({ field }) => field);
}

test.each<[object, string]>([
  [{ hostNetwork: true }, "spec.hostNetwork"],
  [{ hostPID: true }, "spec.hostPID"],
  [{ hostIPC: true }, "spec.hostIPC"],
  [{ shareProcessNamespace: true }, "spec.shareProcessNamespace"],
  [{ runtimeClassName: "gvisor" }, "spec.runtimeClassName"],
  [{ os: { name: "windows" } }, "spec.os.name"],
  [{ ephemeralContainers: [] }, "spec.ephemeralContainers"],
  [{ constructor: {} }, "spec.constructor"],
  [{ securityContext: { sysctls: [] } }, "spec.securityContext.sysctls"],
  [{ volumes: [{ name: "v", hostPath: { path: "/" } }] }, "spec.volumes[0].hostPath"],
  [{ volumes: [{ name: "v", emptyDir: { medium: "HugePages" } }] }, "spec.volumes[0].emptyDir.medium"],
  [
    { volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: {} }] } }] },
    "spec.volumes[0].projected.sources[0].serviceAccountToken",
  ],
  [{ initContainers: [{ name: "i", restartPolicy: "Always" }] }, "spec.initContainers[0].restartPolicy"],
])("a pod with %j is refused at %s", (spec, field) => {
  expect(refusedFields(spec)).toEqual([field]);
});

test.each<[object, string]>([
  [{ securityContext: { privileged: true } }, "securityContext.privileged"],
  [{ securityContext: { allowPrivilegeEscalation: true } }, "securityContext.allowPrivilegeEscalation"],
  [{ securityContext: { capabilities: { add: ["SYS_ADMIN"] } } }, "securityContext.capabilities.add"],
  [{ securityContext: { seccompProfile: { type: "Unconfined" } } }, "securityContext.seccompProfile.type"],
  [{ securityContext: { procMount: "Unmasked" } }, "securityContext.procMount"],
  [{ ports: [{ containerPort: 1, hostPort: 80 }] }, "ports[0].hostPort"],
  [{ volumeDevices: [] }, "volumeDevices"],
  [{ volumeMounts: [{ name: "v", mountPath: "/a/../../b" }] }, "volumeMounts[0].mountPath"],
  [
    { volumeMounts: [{ name: "v", mountPath: "/a", mountPropagation: "Bidirectional" }] },
    "volumeMounts[0].mountPropagation",
  ],
  [{ terminationMessagePath: "/../x" }, "terminationMessagePath"],
  [{ livenessProbe: { httpGet: { host: "10.0.0.1", port: 1 } } }, "livenessProbe.httpGet.host"],
  [{ lifecycle: { preStop: { httpGet: { host: "10.0.0.1", port: 1 } } } }, "lifecycle.preStop.httpGet.host"],
  [{ resources: { limits: { "nvidia.com/gpu": 1 } } }, "resources.limits.nvidia.com/gpu"],
])("a container with %j is refused at its %s", (container, field) => {
  expect(refusedFields({}, container)).toEqual([`spec.containers[0].${field}`]);
});

test("what asks for less than the node enforces is accepted", () => {
  const securityContext = {
    privileged: false,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
    procMount: "Default",
    runAsNonRoot: true,
  };
  expect(refusedFields({ hostNetwork: false, hostPID: false }, { securityContext })).toEqual([]);
});

test("the built-in image is known with any tag or digest, and no other is", () => {
  for (const suffix of [
    "",
    ":latest",
    ":v1.2",
    `@sha256:${"a".repeat(64)}`,
    `:v1@sha256:${"a".repeat(64)}`,
  ]) {
    expect(isKnownImage(RUNTIME_IMAGE + suffix)).toBe(true);
  }
  for (const image of [undefined, "", "busybox", `${RUNTIME_IMAGE}x`, `x/${RUNTIME_IMAGE}`]) {
    expect(isKnownImage(image)).toBe(false);
  }
});
