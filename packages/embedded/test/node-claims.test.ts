import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PersistentVolumeClaim, Stored } from "@sandgate/contract";
import { PERSISTENT_VOLUME_CLAIMS } from "@sandgate/kube";
import { isOver, NAMESPACE, openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

function make(name: string, spec: object = {}): Promise<Stored<PersistentVolumeClaim>> {
  return node.client.create(PERSISTENT_VOLUME_CLAIMS, {
    metadata: { name, namespace: NAMESPACE },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  });
}

/** The claim as soon as the condition holds. */
async function until(
  name: string,
  condition: (claim: Stored<PersistentVolumeClaim>) => boolean,
): Promise<Stored<PersistentVolumeClaim>> {
  const query = { namespace: NAMESPACE, fieldSelector: `metadata.name=${name}` };
  for await (const { type, object } of node.client.watch(PERSISTENT_VOLUME_CLAIMS, query)) {
    if ((type === "ADDED" || type === "MODIFIED") && condition(object)) return object;
  }
  throw new Error("the watch ended");
}

function isBound({ status }: PersistentVolumeClaim): boolean {
  return status?.phase === "Bound";
}

describe("a PersistentVolumeClaim", () => {
  test("is bound to a volume named after it, with what it asked for", async () => {
    const { uid } = (await make("plain", { accessModes: ["ReadWriteOnce", "ReadWriteMany"] })).metadata;
    const bound = await until("plain", isBound);
    expect(bound.spec?.volumeName).toBe(`pvc-${uid}`);
    expect(bound.status).toEqual({
      phase: "Bound",
      accessModes: ["ReadWriteOnce", "ReadWriteMany"],
      capacity: { storage: "1Gi" },
    });
  });

  test("keeps the volume that it names itself", async () => {
    await make("named", { volumeName: "mine" });
    expect((await until("named", isBound)).spec?.volumeName).toBe("mine");
  });

  test("has more room as soon as it asks for more", async () => {
    await make("growing");
    await until("growing", isBound);
    const body = { spec: { resources: { requests: { storage: "2Gi" } } } };
    await node.client.patch(
      PERSISTENT_VOLUME_CLAIMS,
      { namespace: NAMESPACE, name: "growing" },
      { type: "merge", body },
    );
    const grown = await until("growing", ({ status }) => status?.capacity?.["storage"] === "2Gi");
    expect(grown.status?.phase).toBe("Bound");
  });

  test("keeps its files for the next pod; they go with it", async () => {
    const name = "disk";
    await node.client.create(PERSISTENT_VOLUME_CLAIMS, {
      metadata: { name, namespace: NAMESPACE },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    const volumes = [{ name: "d", persistentVolumeClaim: { claimName: name } }];
    const containers = [{ volumeMounts: [{ name: "d", mountPath: "/workspace" }] }];
    await node.script("writer", "echo kept > file; ln -s / out", { volumes, containers });
    await node.until("writer", isOver);
    await node.remove("writer", 0);
    await node.gone("writer");
    await node.script("reader", "cat file; echo more >> file; ls out/node 2>&1 | head -1", {
      volumes,
      containers,
    });
    await node.until("reader", isOver);
    expect(await node.logs("reader")).toMatch(/^kept\nls: cannot access/);
    await node.remove("reader", 0);
    const claim = await node.client.get(PERSISTENT_VOLUME_CLAIMS, { namespace: NAMESPACE, name });
    expect(claim.status).toMatchObject({ phase: "Bound", capacity: { storage: "1Gi" } });
    const folder = `${node.dataDir}/node/claims/${claim.metadata.uid}`;
    expect(existsSync(folder)).toBe(true);
    await node.gone("reader");
    await node.client.delete(PERSISTENT_VOLUME_CLAIMS, { namespace: NAMESPACE, name });
    await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false);
  });
});
