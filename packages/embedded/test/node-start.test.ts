import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NODES } from "@sandgate/kube";
import { isOver, isReady, openTestNode, type TestNode } from "./support/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await openTestNode();
});

afterAll(async () => {
  await node.close();
});

describe("the node", () => {
  test("is registered with an address, what it has, and its state", async () => {
    const seen = await node.client.get(NODES, { name: "sandgate" });
    expect(seen.status?.addresses?.[0]?.type).toBe("InternalIP");
    expect(seen.status?.conditions?.find((one) => one["type"] === "Ready")?.["status"]).toBe("True");
    expect(seen.status?.capacity?.["cpu"]).toBeDefined();
  });
});

describe("a node that starts again", () => {
  test("restarts what should run, and says of the rest that it is lost", async () => {
    await node.script("always", "exec sleep 1000", { restartPolicy: "Always" });
    await node.script("never", "exec sleep 1000");
    await Promise.all([node.until("always", isReady), node.until("never", isReady)]);
    await node.restartNode();
    const always = await node.until(
      "always",
      (one) => isReady(one) && one.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect(always.status?.phase).toBe("Running");
    const never = await node.until("never", isOver);
    expect(never.status?.phase).toBe("Failed");
    expect(never.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 255,
      reason: "ContainerStatusUnknown",
    });
    await Promise.all([node.remove("always", 0), node.remove("never", 0)]);
  });

  test("leaves nothing behind on the host when it has ended", async () => {
    const other = await openTestNode();
    await other.script("left", "exec sleep 77777");
    await other.until("left", isReady);
    const before = readdirSync("/run/netns").length;
    expect(before).toBeGreaterThan(0);
    const folder = other.dataDir;
    await other.close();
    expect(execFileSync("ps", ["-e", "-o", "args="], { encoding: "utf8" })).not.toContain("sleep 77777");
    expect(execFileSync("mount", { encoding: "utf8" })).not.toContain(folder);
  });
});
