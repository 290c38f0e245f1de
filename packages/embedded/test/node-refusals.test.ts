import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

describe("the node", () => {
  test("refuses what it cannot do as asked, by the field's path", async () => {
    const refused = {
      "spec.hostNetwork": { hostNetwork: true },
      "spec.hostPID": { hostPID: true },
      "spec.hostIPC": { hostIPC: true },
      "spec.volumes[0].hostPath": { volumes: [{ name: "a", hostPath: { path: "/" } }] },
      "spec.volumes[0].projected.sources[0].serviceAccountToken": {
        volumes: [{ name: "a", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
      },
      "spec.securityContext.sysctls": {
        securityContext: { sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }] },
      },
      "spec.containers[0].securityContext.privileged": {
        containers: [{ securityContext: { privileged: true } }],
      },
      "spec.containers[0].securityContext.allowPrivilegeEscalation": {
        containers: [{ securityContext: { allowPrivilegeEscalation: true } }],
      },
      "spec.containers[0].securityContext.capabilities.add": {
        containers: [{ securityContext: { capabilities: { add: ["NET_ADMIN"] } } }],
      },
      "spec.containers[0].securityContext.procMount": {
        hostUsers: false,
        containers: [{ securityContext: { procMount: "Unmasked" } }],
      },
      "spec.containers[0].securityContext.seccompProfile.type": {
        containers: [{ securityContext: { seccompProfile: { type: "Unconfined" } } }],
      },
      "spec.containers[0].ports[0].hostPort": {
        containers: [{ ports: [{ containerPort: 80, hostPort: 80 }] }],
      },
      "spec.containers[0].livenessProbe.grpc": {
        containers: [{ livenessProbe: { grpc: { port: 1 } } }],
      },
    };
    for (const [index, [field, spec]] of Object.entries(refused).entries()) {
      const name = `refused-${index}`;
      await node.script(name, "true", spec);
      const pod = await node.until(name, (one) => one.status?.phase === "Failed");
      expect(pod.status?.reason).toBe("SandgateUnsupported");
      expect(pod.status?.message).toContain(field);
    }
  });

  test("says of another image what it can run", async () => {
    await node.script("image", "true", { containers: [{ image: "docker.io/library/nginx:1" }] });
    const pod = await node.until(
      "image",
      (one) => one.status?.containerStatuses?.[0]?.state?.waiting?.reason === "ErrImageNeverPull",
    );
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain("sandgate.dev/runtime");
  });
});
