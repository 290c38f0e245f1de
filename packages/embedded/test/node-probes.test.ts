import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isReady, openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

describe("a pod", () => {
  test("is ready when its probes say so, and restarted when it is not alive", async () => {
    await node.script("probed", "sleep 0.3; touch /tmp/ready; exec sleep 1000", {
      restartPolicy: "Always",
      containers: [
        {
          startupProbe: {
            exec: { command: ["test", "-e", "/tmp/ready"] },
            periodSeconds: 1,
            failureThreshold: 30,
          },
          livenessProbe: {
            exec: { command: ["test", "-e", "/tmp/ready"] },
            periodSeconds: 1,
            failureThreshold: 1,
          },
        },
      ],
    });
    await node.until("probed", isReady);
    await node.exec("probed", ["rm", "/tmp/ready"]);
    const pod = await node.until(
      "probed",
      (one) => (one.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
    );
    expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBeGreaterThan(0);
    await node.remove("probed", 0);
  });

  test("with a probe that no request can carry is not ready, and nothing else happens", async () => {
    await node.script("odd-probe", "sleep 1000", {
      containers: [{ readinessProbe: { httpGet: { port: "nothing", path: "/a b" } } }],
    });
    const pod = await node.until("odd-probe", (one) => one.status?.phase === "Running");
    expect(isReady(pod)).toBe(false);
    await node.remove("odd-probe", 0);
  });
});
