import { ANNOTATION_POD_NAME, LABEL_SANDBOX_NAME_HASH } from "@sandgate/contract";
import { PERSISTENT_VOLUME_CLAIMS, PODS, SANDBOXES, SERVICES } from "@sandgate/kube";
import { expect } from "vitest";
import { conditionOf, podOf } from "../scenario.ts";
import type { CaseFunction } from "../suite.ts";

/** `nameHash("box")`, fixed here so that a change of the hash is seen. */
const BOX_HASH = "70c67e32";
const VOLUMES = [
  {
    metadata: { name: "data", labels: { part: "data" } },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
  },
];
const past = (): string => new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z$/, "Z");
const inSeconds = (seconds: number): string =>
  new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");

export function sandboxCases(test: CaseFunction): void {
  test("gets a pod of its name, and is ready when the pod is", async (scenario) => {
    await scenario.createSandbox("box", {});
    const sandbox = await scenario.untilCondition(SANDBOXES, "box", "Ready", "True", "DependenciesReady");
    const pod = await scenario.get(PODS, "box");
    expect(pod?.metadata.ownerReferences).toEqual([
      {
        apiVersion: `agents.x-k8s.io/${scenario.dialect.facts.version}`,
        kind: "Sandbox",
        name: "box",
        uid: sandbox.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(pod?.metadata.labels).toEqual({ [LABEL_SANDBOX_NAME_HASH]: BOX_HASH });
    expect(sandbox.status?.selector).toBe(`${LABEL_SANDBOX_NAME_HASH}=${BOX_HASH}`);
    expect(conditionOf(sandbox, "Ready")?.message).toMatch(/^Pod is Ready/);
    if (scenario.dialect.facts.podIpsInStatus) expect(sandbox.status?.podIPs).toEqual([pod?.status?.podIP]);
    if (!scenario.dialect.isLatest) return;
    expect(sandbox.metadata.annotations?.[ANNOTATION_POD_NAME]).toBe("box");
    expect(sandbox.status?.nodeName).toBe(pod?.spec.nodeName);
    expect(conditionOf(sandbox, "Ready")?.message).toBe("Pod is Ready");
    expect(conditionOf(sandbox, "Suspended")).toMatchObject({ status: "False", reason: "NotSuspended" });
    expect(conditionOf(sandbox, "PodScheduled")?.status).toBe("True");
    expect(conditionOf(sandbox, "Finished")).toBeUndefined();
    expect(sandbox.status?.service).toBeUndefined();
  });

  test("passes the template's labels and annotations on", async (scenario) => {
    const metadata = { labels: { team: "a" }, annotations: { note: "n" } };
    await scenario.createSandbox("box", { podTemplate: { metadata, spec: scenario.pods.ready() } });
    const pod = await scenario.until(PODS, "box", "made", () => true);
    expect(pod.metadata.labels).toEqual({ team: "a", [LABEL_SANDBOX_NAME_HASH]: BOX_HASH });
    expect(pod.metadata.annotations).toMatchObject({ note: "n" });
  });

  test("passes no labels and annotations on that are upstream's own", async (scenario) => {
    const metadata = {
      labels: { team: "a", "agents.x-k8s.io/claim-uid": "forged", "extensions.agents.x-k8s.io/x": "y" },
      annotations: { note: "n", "agents.x-k8s.io/pod-name": "forged" },
    };
    await scenario.createSandbox("box", { podTemplate: { metadata, spec: scenario.pods.ready() } });
    const pod = await scenario.until(PODS, "box", "made", () => true);
    expect(pod.metadata.labels).toEqual({ team: "a", [LABEL_SANDBOX_NAME_HASH]: BOX_HASH });
    expect(pod.metadata.annotations).toMatchObject({
      note: "n",
      "agents.x-k8s.io/propagated-labels": "team",
      "agents.x-k8s.io/propagated-annotations": "note",
    });
    expect(pod.metadata.annotations).not.toHaveProperty("agents.x-k8s.io/pod-name");
  });

  test("changes the labels of a running pod with its template, and leaves others' alone", async (scenario) => {
    const spec = scenario.pods.ready();
    await scenario.createSandbox("box", {
      podTemplate: { metadata: { labels: { a: "1", b: "2" } }, spec },
    });
    const pod = await scenario.until(PODS, "box", "made", () => true);
    await scenario.change(PODS, "box", { metadata: { labels: { foreign: "kept" } } });
    const labels = { a: null, b: "3" };
    await scenario.change(SANDBOXES, "box", { spec: { podTemplate: { metadata: { labels } } } });
    const after = await scenario.until(
      PODS,
      "box",
      "relabelled",
      (one) => one.metadata.labels?.["b"] === "3",
    );
    expect(after.metadata.uid).toBe(pod.metadata.uid);
    expect(after.metadata.labels).toEqual({ b: "3", foreign: "kept", [LABEL_SANDBOX_NAME_HASH]: BOX_HASH });
  });

  test("gets its pod again when that is deleted", async (scenario) => {
    await scenario.createSandbox("box", {});
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
    const first = await scenario.get(PODS, "box");
    await scenario.remove(PODS, "box");
    const second = await scenario.until(
      PODS,
      "box",
      "made again",
      (pod) => pod.metadata.uid !== first?.metadata.uid,
    );
    await scenario.until(
      SANDBOXES,
      "box",
      "ready with the new pod",
      ({ status }) =>
        status?.conditions?.find((one) => one.type === "Ready")?.status === "True" &&
        second.metadata.uid !== first?.metadata.uid,
    );
  });

  test("is not ready while its pod is not", async (scenario) => {
    await scenario.createSandbox("box", { podTemplate: { spec: scenario.pods.unready() } });
    const sandbox = await scenario.until(
      SANDBOXES,
      "box",
      "told that its pod is not ready",
      (one) => conditionOf(one, "Ready")?.message.startsWith("Pod is Running but not Ready") === true,
    );
    expect(conditionOf(sandbox, "Ready")).toMatchObject({
      status: "False",
      reason: "DependenciesNotReady",
    });
  });

  for (const [code, phase, reason, message] of [
    [0, "Succeeded", "PodSucceeded", "Pod completed successfully"],
    [3, "Failed", "PodFailed", "Pod failed"],
  ] as const) {
    test(`is finished when its pod ends with ${code}, and keeps that pod`, async (scenario) => {
      await scenario.createSandbox("box", { podTemplate: { spec: scenario.pods.exits(code) } });
      const { facts, isLatest } = scenario.dialect;
      if (facts.finished) await scenario.untilCondition(SANDBOXES, "box", "Finished", "True", reason);
      const ended = await scenario.until(SANDBOXES, "box", "told in Ready", (one) => {
        const told = conditionOf(one, "Ready");
        return (
          told?.reason === reason || told?.message.startsWith(`Pod exists with phase: ${phase}`) === true
        );
      });
      expect(conditionOf(ended, "Ready")?.status).toBe("False");
      if (isLatest) expect(conditionOf(ended, "Ready")).toMatchObject({ reason, message });
      const pod = await scenario.get(PODS, "box");
      // A later pass must not replace it either.
      await scenario.change(SANDBOXES, "box", { metadata: { labels: { touched: "yes" } } });
      await scenario.change(SANDBOXES, "box", { spec: { shutdownTime: inSeconds(3600) } });
      await scenario.until(
        SANDBOXES,
        "box",
        "seen again",
        (one) => conditionOf(one, "Ready")?.observedGeneration === one.metadata.generation,
      );
      expect((await scenario.get(PODS, "box"))?.metadata.uid).toBe(pod?.metadata.uid);
    });
  }

  test("is suspended without its pod but with its Service and volume, and resumes with a new pod", async (scenario) => {
    await scenario.createSandbox("box", { service: true, volumeClaimTemplates: VOLUMES });
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
    const first = await scenario.get(PODS, "box");
    await scenario.suspend("box");
    if (scenario.dialect.facts.suspendedShown) {
      const shown = await scenario.untilCondition(SANDBOXES, "box", "Suspended", "True", "PodTerminated");
      expect(conditionOf(shown, "Ready")).toMatchObject({
        status: "False",
        reason: "SandboxSuspended",
        message: "Sandbox is suspended",
      });
      expect(await scenario.get(PODS, "box")).toBeUndefined();
    }
    await scenario.untilGone(PODS, "box");
    const suspended = await scenario.until(
      SANDBOXES,
      "box",
      "without addresses",
      ({ status }) => status?.podIPs === undefined,
    );
    expect(suspended.status?.nodeName).toBeUndefined();
    if (!scenario.dialect.facts.suspendedShown) expect(conditionOf(suspended, "Ready")?.status).toBe("True");
    expect(await scenario.get(SERVICES, "box")).toBeDefined();
    expect(await scenario.get(PERSISTENT_VOLUME_CLAIMS, "data-box")).toBeDefined();
    await scenario.until(
      SANDBOXES,
      "box",
      "without a pod's name",
      (one) => one.metadata.annotations?.[ANNOTATION_POD_NAME] === undefined,
    );

    await scenario.resume("box");
    const second = await scenario.until(PODS, "box", "made again", () => true);
    expect(second.metadata.uid).not.toBe(first?.metadata.uid);
    const running = await scenario.until(SANDBOXES, "box", "ready as resumed", (one) => {
      const ready = conditionOf(one, "Ready");
      return ready?.status === "True" && ready.observedGeneration === one.metadata.generation;
    });
    if (scenario.dialect.facts.suspendedShown)
      expect(conditionOf(running, "Suspended")).toMatchObject({ status: "False", reason: "NotSuspended" });
  });

  test("has a headless Service when it asks for one, with the ports that its containers declare where the release does that", async (scenario) => {
    const [container] = scenario.pods.ready().containers;
    if (container === undefined) throw new Error("a pod without containers");
    const ports = [{ containerPort: 8888, name: "api" }, { containerPort: 9000 }];
    const podTemplate = { spec: { containers: [{ ...container, ports }] } };
    const { metadata } = await scenario.createSandbox("box", { service: true, podTemplate });
    const sandbox = await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
    const service = await scenario.get(SERVICES, "box");
    expect(service?.spec).toMatchObject({
      clusterIP: "None",
      selector: { [LABEL_SANDBOX_NAME_HASH]: BOX_HASH },
    });
    const withPorts = scenario.dialect.facts.service === "on request, with ports";
    expect(service?.spec?.ports ?? []).toEqual(
      withPorts
        ? [
            { name: "api", port: 8888, targetPort: 8888, protocol: "TCP" },
            { name: "p-9000-tcp", port: 9000, targetPort: 9000, protocol: "TCP" },
          ]
        : [],
    );
    expect(service?.metadata.ownerReferences?.[0]).toMatchObject({ kind: "Sandbox", uid: metadata.uid });
    expect(sandbox.status).toMatchObject({
      service: "box",
      serviceFQDN: `box.${scenario.namespace}.svc.cluster.local`,
    });
    expect(conditionOf(sandbox, "Ready")?.message).toBe("Pod is Ready; Service Exists");
  });

  test("keeps its Service while `service` is absent, and removes it when that is false", async (scenario) => {
    await scenario.createSandbox("box", { service: true });
    await scenario.until(SERVICES, "box", "made", () => true);
    await scenario.change(SANDBOXES, "box", { spec: { service: null } });
    const kept = await scenario.until(
      SANDBOXES,
      "box",
      "seen without `service`",
      (one) => conditionOf(one, "Ready")?.observedGeneration === one.metadata.generation,
    );
    expect(kept.status?.service).toBe("box");
    await scenario.change(SANDBOXES, "box", { spec: { service: false } });
    await scenario.untilGone(SERVICES, "box");
    await scenario.until(SANDBOXES, "box", "without a Service", (one) => one.status?.service === undefined);
  });

  test("makes its volume claims, mounts them and keeps them when the pod goes", async (scenario) => {
    const { metadata } = await scenario.createSandbox("box", { volumeClaimTemplates: VOLUMES });
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
    const claim = await scenario.get(PERSISTENT_VOLUME_CLAIMS, "data-box");
    if (scenario.dialect.isLatest)
      expect(claim?.metadata.labels).toMatchObject({ part: "data", [LABEL_SANDBOX_NAME_HASH]: BOX_HASH });
    expect(claim?.metadata.ownerReferences?.[0]).toMatchObject({ kind: "Sandbox", uid: metadata.uid });
    const pod = await scenario.get(PODS, "box");
    const volume = pod?.spec.volumes?.find((one) => one.name === "data");
    expect(volume?.persistentVolumeClaim?.claimName).toBe("data-box");
    await scenario.remove(PODS, "box");
    await scenario.until(PODS, "box", "made again", (one) => one.metadata.uid !== pod?.metadata.uid);
    const after = await scenario.get(PERSISTENT_VOLUME_CLAIMS, "data-box");
    expect(after?.metadata.uid).toBe(claim?.metadata.uid);
  });

  test("past its shutdown time keeps its volume, and neither its pod nor its Service", async (scenario) => {
    await scenario.createSandbox("box", { service: true, volumeClaimTemplates: VOLUMES });
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
    await scenario.change(SANDBOXES, "box", { spec: { shutdownTime: past() } });
    const expired = await scenario.untilCondition(SANDBOXES, "box", "Ready", "False", "SandboxExpired");
    expect(conditionOf(expired, "Ready")?.message).toBe("Sandbox has expired");
    await scenario.untilGone(PODS, "box");
    await scenario.untilGone(SERVICES, "box");
    expect(await scenario.get(PERSISTENT_VOLUME_CLAIMS, "data-box")).toBeDefined();
  });

  test("past its shutdown time runs again when that is put off", async (scenario) => {
    await scenario.createSandbox("box", { shutdownTime: past() });
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "False", "SandboxExpired");
    await scenario.change(SANDBOXES, "box", { spec: { shutdownTime: inSeconds(3600) } });
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
  });

  test("ends by itself when its shutdown time comes", async (scenario) => {
    await scenario.createSandbox("box", { shutdownTime: inSeconds(2), shutdownPolicy: "Delete" });
    await scenario.until(PODS, "box", "made", () => true);
    await scenario.untilGone(SANDBOXES, "box");
    await scenario.untilGone(PODS, "box");
  });

  test("freezes when two pods are its own", async (scenario) => {
    const sandbox = await scenario.createSandbox("box", {});
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
    const pod = await scenario.get(PODS, "box");
    if (pod === undefined) throw new Error("no pod");
    const { labels = {}, ownerReferences = [] } = pod.metadata;
    await scenario.cluster.client.create(PODS, {
      metadata: { name: "twin", namespace: scenario.namespace, labels, ownerReferences },
      spec: scenario.pods.ready(),
    });
    const frozen = await scenario.untilCondition(SANDBOXES, "box", "Ready", "False", "MultiplePods");
    expect(frozen.metadata.uid).toBe(sandbox.metadata.uid);
    await scenario.remove(PODS, "twin");
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
  });

  test("refuses a pod of its name that is nobody's and not marked, and takes one that is marked", async (scenario) => {
    const { client } = scenario.cluster;
    const { namespace } = scenario;
    await client.create(PODS, { metadata: { name: "box", namespace }, spec: scenario.pods.ready() });
    await scenario.createSandbox("box", {});
    const refused = await scenario.untilCondition(SANDBOXES, "box", "Ready", "False", "ReconcilerError");
    expect(conditionOf(refused, "Ready")?.message).toContain('cannot adopt unowned pod "box"');
    await scenario.change(PODS, "box", { metadata: { labels: { "agents.x-k8s.io/adoptable": "true" } } });
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
    await scenario.untilAll(PODS, "owned", (pods) => podOf(refused, pods));
  });

  test("takes its pod, Service and volume with it when it is deleted", async (scenario) => {
    await scenario.createSandbox("box", { service: true, volumeClaimTemplates: VOLUMES });
    await scenario.untilCondition(SANDBOXES, "box", "Ready", "True");
    await scenario.remove(SANDBOXES, "box");
    await scenario.untilGone(PODS, "box");
    await scenario.untilGone(SERVICES, "box");
    await scenario.untilGone(PERSISTENT_VOLUME_CLAIMS, "data-box");
  });

  test("tells why its pod has no node", async (scenario) => {
    const spec = { ...scenario.pods.ready(), nodeSelector: { "sandgate.dev/no-such": "node" } };
    await scenario.createSandbox("box", { podTemplate: { spec } });
    const sandbox = await scenario.untilCondition(SANDBOXES, "box", "PodScheduled", "False", "Unschedulable");
    expect(conditionOf(sandbox, "Ready")?.message).toBe("Pod exists with phase: Pending");
  });
}
