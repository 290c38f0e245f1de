import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger, type Lease, type Stored } from "@sandgate/contract";
import { LEASES, NODES, type KubeClient } from "@sandgate/kube";
import { keepLease } from "../src/node/node-lease.ts";
import { openTestNode, type TestNode } from "./support/test-node.ts";

const NAMESPACE = "kube-node-lease";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

/** The next write of a lease of which the condition holds. */
async function nextLease(
  client: KubeClient,
  name: string,
  condition: (lease: Stored<Lease>) => boolean,
): Promise<Stored<Lease>> {
  const query = { namespace: NAMESPACE, fieldSelector: `metadata.name=${name}` };
  for await (const { type, object } of client.watch(LEASES, query)) {
    if ((type === "ADDED" || type === "MODIFIED") && condition(object)) return object;
  }
  throw new Error("the watch ended");
}

test("the node has a lease of its own, as kubelets have", async () => {
  const { uid } = (await node.client.get(NODES, { name: "sandgate" })).metadata;
  const lease = await nextLease(node.client, "sandgate", () => true);
  expect(lease.spec).toEqual({
    holderIdentity: "sandgate",
    leaseDurationSeconds: 40,
    renewTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  });
  expect(lease.metadata.ownerReferences).toEqual([{ apiVersion: "v1", kind: "Node", name: "sandgate", uid }]);
});

test("a lease is renewed, by a write of its time alone, and made again where it was deleted", async () => {
  await node.client.create(NODES, { metadata: { name: "other" } });
  const kept = keepLease({ client: node.client, name: "other", logger: silentLogger, everyMs: 50 });
  try {
    const first = await nextLease(node.client, "other", () => true);
    const second = await nextLease(
      node.client,
      "other",
      ({ spec }) => (spec?.renewTime ?? "") > (first.spec?.renewTime ?? ""),
    );
    expect(second.metadata.uid).toBe(first.metadata.uid);
    await node.client.delete(LEASES, { namespace: NAMESPACE, name: "other" });
    const third = await nextLease(
      node.client,
      "other",
      ({ metadata }) => metadata.uid !== first.metadata.uid,
    );
    expect(third.spec?.holderIdentity).toBe("other");
  } finally {
    await kept.close();
  }
});

test("a lease goes with its node", async () => {
  await node.client.create(NODES, { metadata: { name: "leaving" } });
  const kept = keepLease({ client: node.client, name: "leaving", logger: silentLogger, everyMs: 600_000 });
  await nextLease(node.client, "leaving", () => true);
  await kept.close();
  const query = { namespace: NAMESPACE, fieldSelector: "metadata.name=leaving" };
  const deleted = Promise.withResolvers<void>();
  const watch = node.client.watch(LEASES, query)[Symbol.asyncIterator]();
  await watch.next();
  void watch.next().then(({ value }) => value?.type === "DELETED" && deleted.resolve(), deleted.reject);
  await node.client.delete(NODES, { name: "leaving" });
  await deleted.promise;
});
