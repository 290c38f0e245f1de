import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONFIG_MAPS, SECRETS } from "@sandgate/kube";
import { isOver, NAMESPACE, openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

describe("a pod", () => {
  test("with a read-only root can write to its volumes only", async () => {
    await node.script("readonly", "touch /workspace/x || echo no; touch /data/deep/x && echo yes", {
      volumes: [
        { name: "data", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
        { name: "outer", emptyDir: {} },
      ],
      containers: [
        {
          securityContext: { readOnlyRootFilesystem: true },
          // The inner one first: the order in the pod is not the order of mounting.
          volumeMounts: [
            { name: "data", mountPath: "/data/deep" },
            { name: "outer", mountPath: "/data" },
          ],
        },
      ],
    });
    await node.until("readonly", isOver);
    const log = await node.logs("readonly");
    expect(log).toContain("no\n");
    expect(log).toContain("yes\n");
  });

  test("sees ConfigMaps, Secrets and itself as files and variables, and waits for what is missing", async () => {
    await node.script("config", `cat /config/a /all/secret /all/name; echo; echo "$A $B $C $NAME"`, {
      volumes: [
        { name: "config", configMap: { name: "settings" } },
        {
          name: "all",
          projected: {
            sources: [
              { secret: { name: "keys", items: [{ key: "k", path: "secret" }] } },
              { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
            ],
          },
        },
      ],
      containers: [
        {
          envFrom: [{ configMapRef: { name: "env" } }],
          env: [
            { name: "B", value: "$(A)-b" },
            { name: "C", valueFrom: { secretKeyRef: { name: "keys", key: "k" } } },
            { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          ],
          volumeMounts: [
            { name: "config", mountPath: "/config" },
            { name: "all", mountPath: "/all" },
          ],
        },
      ],
    });
    await node.until("config", (one) => one.status?.phase === "Pending" && one.status.podIP !== undefined);
    const metadata = (name: string): { name: string; namespace: string } => ({ name, namespace: NAMESPACE });
    await node.client.create(CONFIG_MAPS, { metadata: metadata("settings"), data: { a: "file " } });
    await node.client.create(CONFIG_MAPS, { metadata: metadata("env"), data: { A: "a" } });
    await node.client.create(SECRETS, { metadata: metadata("keys"), data: { k: "c2VjcmV0IA==" } });
    await node.until("config", isOver);
    expect(await node.logs("config")).toBe("file secret config\na a-b secret  config\n");
  });

  test("mounts one file or folder of a volume by its subPath, of a ConfigMap too", async () => {
    await node.client.create(CONFIG_MAPS, {
      metadata: { name: "parts", namespace: NAMESPACE },
      data: { one: "first ", two: "second " },
    });
    const items = [
      { key: "one", path: "one" },
      { key: "two", path: "deep/two" },
    ];
    await node.script(
      "parts",
      "cat /opt/one /opt/deep/two; ls /opt/made; touch /opt/one 2>/dev/null || echo read-only",
      {
        volumes: [
          { name: "config", configMap: { name: "parts", items } },
          { name: "data", emptyDir: {} },
        ],
        containers: [
          {
            env: [{ name: "WHICH", value: "deep" }],
            volumeMounts: [
              { name: "config", mountPath: "/opt/one", subPath: "one" },
              { name: "config", mountPath: "/opt/deep", subPathExpr: "$(WHICH)" },
              { name: "data", mountPath: "/opt/made", subPath: "not/there/yet" },
            ],
          },
        ],
      },
    );
    await node.until("parts", isOver);
    expect(await node.logs("parts")).toBe("first second read-only\n");
  });
});
