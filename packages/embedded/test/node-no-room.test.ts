import { afterEach, expect, test } from "vitest";
import { EVENTS, PODS } from "@sandgate/kube";
import { isOver, openTestNode, NAMESPACE, type TestNode } from "./support/test-node.ts";
import { mountSmallDisk, type SmallDisk } from "./support/small-disk.ts";

let disk: SmallDisk;
let node: TestNode;

async function open(): Promise<void> {
  disk = mountSmallDisk("4m", 500);
  node = await openTestNode({ nodeDir: `${disk.path}/node` });
}

afterEach(async () => {
  await node.close();
  disk.close();
});

/** The first warning about a pod. */
async function warning(name: string): Promise<{ reason?: string; message?: string }> {
  const ofPod = { namespace: NAMESPACE, fieldSelector: `involvedObject.name=${name},type=Warning` };
  for await (const { type, object } of node.client.watch(EVENTS, ofPod)) {
    if (type === "ADDED" || type === "MODIFIED") return object as { reason?: string; message?: string };
  }
  throw new Error("the watch ended");
}

test("a pod whose volumes do not fit on the disk waits, says why, and runs once there is room", async () => {
  await open();
  disk.fill();
  await node.script("late", "cat /data/hello > /dev/null 2>&1; echo done", {
    volumes: [{ name: "data", emptyDir: {} }],
    containers: [{ volumeMounts: [{ name: "data", mountPath: "/data" }] }],
  });
  expect(await warning("late")).toMatchObject({
    reason: "FailedMount",
    message: expect.stringContaining("no space left on device"),
  });
  const waiting = await node.until("late", ({ status }) => status?.containerStatuses !== undefined);
  expect(waiting.status?.phase).toBe("Pending");
  expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe("ContainerCreating");
  disk.free();
  const over = await node.until("late", isOver);
  expect(over.status?.phase).toBe("Succeeded");
});

test("a pod whose folder cannot be made waits, says why, and runs once there is room", async () => {
  await open();
  disk.fillWithFiles();
  await node.script("late", "echo done");
  expect(await warning("late")).toMatchObject({
    reason: "FailedCreatePodSandBox",
    message: expect.stringContaining("no space left on device"),
  });
  const waiting = await node.until("late", ({ status }) => status?.containerStatuses !== undefined);
  expect(waiting.status?.phase).toBe("Pending");
  disk.free();
  expect((await node.until("late", isOver)).status?.phase).toBe("Succeeded");
});

test("a pod that waits for room is deleted like any other", async () => {
  await open();
  disk.fillWithFiles();
  await node.script("never", "echo done");
  await warning("never");
  await node.client.delete(PODS, { namespace: NAMESPACE, name: "never" });
  await node.gone("never");
});
