import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EVENTS } from "@sandgate/kube";
import { isReady, NAMESPACE, openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

/** The first event of this reason about a pod. */
async function eventOf(name: string, reason: string): Promise<{ type?: string; message?: string }> {
  const query = { namespace: NAMESPACE, fieldSelector: `involvedObject.name=${name},reason=${reason}` };
  for await (const { type, object } of node.client.watch(EVENTS, query)) {
    if (type === "ADDED") return object as { type?: string; message?: string };
  }
  throw new Error("the watch ended");
}

test("a pod whose folder cannot be removed says so and stays until it can; others live on", async () => {
  await node.script("stuck", "exec sleep 1000");
  await node.script("other", "exec sleep 1000");
  const { metadata } = await node.until("stuck", isReady);
  const folder = join(node.dataDir, "node", "pods", metadata.uid);
  // A mount right there holds it, as a backup program's or an administrator's would.
  execFileSync("mount", ["--bind", folder, folder]);
  try {
    await node.remove("stuck", 1);
    expect(await eventOf("stuck", "FailedKillPod")).toMatchObject({
      type: "Warning",
      message: expect.stringContaining("busy"),
    });
    const waiting = await node.until("stuck", (pod) => pod.metadata.deletionTimestamp !== undefined);
    expect(waiting.metadata.uid).toBe(metadata.uid);
  } finally {
    execFileSync("umount", [folder]);
  }
  await node.gone("stuck");
  expect((await node.exec("other", ["echo", "here"])).stdout).toBe("here\n");
});
