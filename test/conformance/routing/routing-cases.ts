import { RESOURCE_QUOTAS } from "@sandgate/kube";
import { expect, type ExpectStatic } from "vitest";
import type { RoutedScenario } from "./routed-scenario.ts";

/** Declares one case. What polls needs the `expect` of its own test, as cases run beside each other. */
export type RoutingCase = (
  title: string,
  run: (scenario: RoutedScenario, expect: ExpectStatic) => Promise<void>,
) => void;

/** The case that needs to know which pod gets an address next. */
export const ADDRESS_CASE = "is never answered by another tenant's pod that has its address now";

/** Seconds from now as Kubernetes writes a time. */
const inSeconds = (seconds: number): string =>
  new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");

/** What holds on every release: the route's state and what a caller gets. */
export function routingCases(test: RoutingCase): void {
  test("is reached at the path of its user once it is ready", async (scenario) => {
    await scenario.createSandbox("box", "alice");
    const route = await scenario.untilState("alice/box", "Ready");
    expect(route.podIps).toHaveLength(1);
    expect(await scenario.execute("alice/box", "echo here")).toMatchObject({ status: 200, stdout: "here\n" });
    expect(await scenario.execute("bob/box", "echo here")).toMatchObject({ status: 404 });
  });

  test("is refused while its pod is not ready, and reached again when it is", async (scenario) => {
    await scenario.createSandbox("box", "alice", scenario.pod({ probed: true }));
    await scenario.untilStarted("box");
    expect(await scenario.execute("alice/box", "true")).toMatchObject({
      status: 503,
      error: "SANDBOX_NOT_READY",
    });
    await scenario.inPod("box", ["/usr/bin/touch", "/tmp/ready"]);
    await scenario.untilState("alice/box", "Ready");
    expect(await scenario.execute("alice/box", "rm /tmp/ready")).toMatchObject({ status: 200 });
    await scenario.untilState("alice/box", "Starting");
    expect(await scenario.execute("alice/box", "true")).toMatchObject({ status: 503 });
    await scenario.inPod("box", ["/usr/bin/touch", "/tmp/ready"]);
    await scenario.untilState("alice/box", "Ready");
    expect(await scenario.execute("alice/box", "echo again")).toMatchObject({ stdout: "again\n" });
  });

  test("is reached at its new pod when the pod is deleted", async (scenario) => {
    await scenario.createSandbox("box", "alice");
    const first = await scenario.untilState("alice/box", "Ready");
    await scenario.execute("alice/box", "touch /tmp/first");
    await scenario.remove("pod", "box");
    const second = await scenario.untilRoute(
      "alice/box",
      "ready with another pod",
      (route) => route?.state === "Ready" && route.podUid !== first.podUid,
    );
    expect(second?.sandboxUid).toBe(first.sandboxUid);
    expect(second?.podIps).not.toEqual(first.podIps);
    const { stdout } = await scenario.execute("alice/box", "ls /tmp");
    expect(stdout).not.toContain("first");
  });

  test("made again under its name is another one", async (scenario) => {
    const { dialect } = scenario;
    await scenario.createSandbox("box", "alice");
    const first = await scenario.untilState("alice/box", "Ready");
    await scenario.execute("alice/box", "touch /tmp/first");
    await scenario.remove(dialect.sandboxes, "box");
    await scenario.untilRoute("alice/box", "gone", (route) => route === undefined);
    expect(await scenario.execute("alice/box", "true")).toMatchObject({
      status: 404,
      error: "SANDBOX_NOT_FOUND",
    });
    await scenario.createSandbox("box", "alice");
    const second = await scenario.untilRoute(
      "alice/box",
      "ready again",
      (route) => route?.state === "Ready" && route.sandboxUid !== first.sandboxUid,
    );
    expect(second?.podUid).not.toBe(first.podUid);
    expect((await scenario.execute("alice/box", "ls /tmp")).stdout).not.toContain("first");
  });

  test(ADDRESS_CASE, async (scenario) => {
    const { dialect, cluster } = scenario;
    if (cluster.giveNext === undefined)
      throw new Error("the row has to name this case as one that cannot hold");
    await scenario.createSandbox("hers", "alice");
    const hers = await scenario.untilState("alice/hers", "Ready");
    await scenario.change(dialect.sandboxes, "hers", dialect.suspend);
    await scenario.untilState("alice/hers", "Suspended");
    cluster.giveNext(hers.podIps[0] ?? "");
    await scenario.createSandbox("his", "bob");
    const his = await scenario.untilState("bob/his", "Ready");
    expect(his.podIps).toEqual(hers.podIps);
    expect(await scenario.execute("bob/his", "echo his")).toMatchObject({ stdout: "his\n" });
    expect(await scenario.execute("alice/hers", "echo his")).toMatchObject({ status: 503 });
  });

  test("is refused while it is suspended, and reached with a new pod when it is resumed", async (scenario) => {
    const { dialect } = scenario;
    await scenario.createSandbox("box", "alice");
    const first = await scenario.untilState("alice/box", "Ready");
    await scenario.change(dialect.sandboxes, "box", dialect.suspend);
    await scenario.untilState("alice/box", "Suspended");
    expect(await scenario.execute("alice/box", "true")).toMatchObject({
      status: 503,
      error: "SANDBOX_NOT_READY",
    });
    await scenario.change(dialect.sandboxes, "box", dialect.resume);
    const second = await scenario.untilState("alice/box", "Ready");
    expect(second.podUid).not.toBe(first.podUid);
    expect(await scenario.execute("alice/box", "echo back")).toMatchObject({ stdout: "back\n" });
  });

  test("past its shutdown time is refused", async (scenario) => {
    const { dialect } = scenario;
    await scenario.createSandbox("box", "alice");
    await scenario.untilState("alice/box", "Ready");
    await scenario.change(dialect.sandboxes, "box", { spec: { shutdownTime: inSeconds(1) } });
    await scenario.untilState("alice/box", "Expired");
    expect(await scenario.execute("alice/box", "true")).toMatchObject({
      status: 503,
      error: "SANDBOX_ENDED",
    });
  });

  test("that has no room under a quota says so", async (scenario) => {
    const { namespace } = scenario;
    await scenario.create(RESOURCE_QUOTAS, {
      metadata: { name: "quota", namespace },
      spec: { hard: { pods: "1" } },
    } as never);
    await scenario.createSandbox("first", "alice");
    await scenario.untilState("alice/first", "Ready");
    await scenario.createSandbox("second", "alice");
    const refused = await scenario.untilRoute(
      "alice/second",
      "told why",
      (route) => route?.message.includes("exceeded quota") === true,
    );
    expect(refused?.state).toBe("Starting");
    expect((await scenario.execute("alice/second", "true")).detail).toContain("exceeded quota");
  });

  test("whose image is missing says so", async (scenario) => {
    await scenario.createSandbox("box", "alice", scenario.pod({ image: "sandgate.test/no-such:1" }));
    await scenario.untilRoute(
      "alice/box",
      "told why",
      (route) => route?.message.includes("ErrImageNeverPull") === true,
    );
    const answer = await scenario.execute("alice/box", "true");
    expect(answer.status).toBe(503);
    expect(answer.detail).toContain("ErrImageNeverPull");
  });

  for (const [code, state] of [
    [3, "Failed"],
    [0, "Succeeded"],
  ] as const) {
    test(`that ends at once with ${code} is told apart from one that starts`, async (scenario) => {
      const ends = {
        ...scenario.pod({ command: ["/bin/sh", "-c", `exit ${code}`] }),
        restartPolicy: "Never" as const,
      };
      await scenario.createSandbox("box", "alice", ends);
      await scenario.untilState("alice/box", state);
      expect(await scenario.execute("alice/box", "true")).toMatchObject({
        status: 503,
        error: "SANDBOX_ENDED",
      });
    });
  }

  test("whose deletion waits for a finalizer is refused until it is gone", async (scenario) => {
    const { sandboxes } = scenario.dialect;
    await scenario.createSandbox("box", "alice");
    await scenario.untilState("alice/box", "Ready");
    await scenario.change(sandboxes, "box", { metadata: { finalizers: ["sandgate.test/hold"] } });
    await scenario.remove(sandboxes, "box");
    const held = await scenario.untilState("alice/box", "Missing");
    expect(held.message).toBe("The sandbox is being deleted");
    expect(await scenario.execute("alice/box", "true")).toMatchObject({
      status: 503,
      error: "SANDBOX_NOT_READY",
    });
    await scenario.change(sandboxes, "box", { metadata: { finalizers: null } });
    await scenario.untilRoute("alice/box", "gone", (route) => route === undefined);
    expect(await scenario.execute("alice/box", "true")).toMatchObject({ status: 404 });
  });
}
