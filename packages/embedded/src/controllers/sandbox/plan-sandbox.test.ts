import { ANNOTATION_POD_NAME, LABEL_SANDBOX_NAME_HASH, type Service, type Stored } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import {
  controlledBy,
  MADE_AT_MS,
  readyPodStatus,
  samplePod,
  sampleSandbox,
} from "../../../test/support/sample-objects.ts";
import { lookAgainInMs, planSandbox, type SandboxView } from "./plan-sandbox.ts";

const HASH = { [LABEL_SANDBOX_NAME_HASH]: "70c67e32" };
const named = { annotations: { [ANNOTATION_POD_NAME]: "box" } };
const box = sampleSandbox("box", { metadata: named });
const ownedPod = samplePod("box", {
  metadata: { labels: HASH, ownerReferences: controlledBy("Sandbox", box) },
  status: readyPodStatus(),
});
const stranger = samplePod("box", { status: readyPodStatus() });

function service(metadata: object, clusterIP = "None"): Stored<Service> {
  return {
    metadata: {
      name: "box",
      namespace: "default",
      uid: "uid-svc",
      resourceVersion: "1",
      labels: HASH,
      ...metadata,
    },
    spec: { clusterIP, selector: HASH },
  };
}

function view(members: Partial<SandboxView>): SandboxView {
  return {
    sandbox: box,
    ownedPods: [],
    namedPod: undefined,
    service: undefined,
    claims: new Map(),
    nowMs: MADE_AT_MS,
    ...members,
  };
}

const kinds = (members: Partial<SandboxView>): string[] =>
  planSandbox(view(members)).actions.map((action) => action.kind);

describe("planSandbox", () => {
  const suspended = sampleSandbox("box", { metadata: named, spec: { operatingMode: "Suspended" } });
  const ended = sampleSandbox("box", { metadata: named, spec: { shutdownTime: "2025-12-31T00:00:00Z" } });
  const deleting = samplePod("box", {
    metadata: {
      ownerReferences: controlledBy("Sandbox", box),
      labels: HASH,
      deletionTimestamp: "2026-01-01T00:00:00Z",
    },
  });

  it.each<[string, Partial<SandboxView>, string[]]>([
    [
      "makes the pod of a new sandbox and names it",
      { sandbox: sampleSandbox("box") },
      ["create-pod", "annotate-pod-name"],
    ],
    ["makes a pod that is gone again", {}, ["create-pod"]],
    ["rests when all is well", { ownedPods: [ownedPod], namedPod: ownedPod }, []],
    ["leaves a pod that has ended", { ownedPods: [{ ...ownedPod, status: { phase: "Failed" } }] }, []],
    ["leaves a pod that is ending", { ownedPods: [deleting] }, []],
    ["deletes the pod of a suspended sandbox", { sandbox: suspended, ownedPods: [ownedPod] }, ["delete-pod"]],
    ["waits for the pod of a suspended sandbox to end", { sandbox: suspended, ownedPods: [deleting] }, []],
    ["takes the pod's name off a suspended sandbox", { sandbox: suspended }, ["annotate-pod-name"]],
    [
      "leaves a stranger's pod when suspended",
      { sandbox: suspended, namedPod: stranger },
      ["annotate-pod-name"],
    ],
    ["touches nothing when two pods are its own", { ownedPods: [ownedPod, ownedPod] }, []],
    [
      "removes pod and Service past the shutdown time",
      {
        sandbox: ended,
        ownedPods: [ownedPod],
        service: service({ ownerReferences: controlledBy("Sandbox", box) }),
      },
      ["delete-pod", "delete-service"],
    ],
    ["leaves a stranger's Service past the shutdown time", { sandbox: ended, service: service({}) }, []],
    [
      "deletes itself past the shutdown time where told to",
      {
        sandbox: sampleSandbox("box", { spec: { ...ended.spec, shutdownPolicy: "Delete" } }),
        ownedPods: [ownedPod],
      },
      ["delete-sandbox"],
    ],
    [
      "makes a Service where asked for",
      { sandbox: sampleSandbox("box", { metadata: named, spec: { service: true } }), ownedPods: [ownedPod] },
      ["create-service"],
    ],
    [
      "keeps a Service of its own that is no longer asked for",
      { ownedPods: [ownedPod], service: service({ ownerReferences: controlledBy("Sandbox", box) }) },
      [],
    ],
    [
      "removes its Service where refused",
      {
        sandbox: sampleSandbox("box", { metadata: named, spec: { service: false } }),
        ownedPods: [ownedPod],
        service: service({ ownerReferences: controlledBy("Sandbox", box) }),
      },
      ["delete-service"],
    ],
  ])("%s", (_title, members, expected) => {
    expect(kinds(members)).toEqual(expected);
  });

  it("refuses a pod of its name that nobody owns and that is not marked", () => {
    const plan = planSandbox(view({ namedPod: stranger }));
    expect(plan.actions).toEqual([]);
    expect(plan.errors.pod).toContain('cannot adopt unowned pod "box"');
  });

  it.each([{ "agents.x-k8s.io/adoptable": "true" }, HASH])("takes over a pod that is marked %j", (labels) => {
    const pod = samplePod("box", { metadata: { labels } });
    const [action] = planSandbox(view({ namedPod: pod })).actions;
    expect(action).toMatchObject({
      kind: "patch-pod",
      patch: { metadata: { ownerReferences: controlledBy("Sandbox", box) } },
    });
  });

  it("names the owner of a pod that is another's", () => {
    const other = sampleSandbox("other");
    const pod = samplePod("box", { metadata: { ownerReferences: controlledBy("Sandbox", other) } });
    expect(planSandbox(view({ namedPod: pod })).errors.pod).toBe(
      'pod "box" is owned by Sandbox/other (UID: uid-other), not by sandbox "box"',
    );
  });

  it("does what it can where another part is in the way", () => {
    const sandbox = sampleSandbox("box", { metadata: named, spec: { service: true } });
    const plan = planSandbox(view({ sandbox, service: service({}, "10.96.0.9") }));
    expect(plan.actions.map((action) => action.kind)).toEqual(["create-pod"]);
    expect(plan.errors).toEqual({
      service: 'cannot adopt service "box": ClusterIP is "10.96.0.9" (expected "None", field is immutable)',
    });
  });

  it("makes the volume claims that are missing, before the pod", () => {
    const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } }];
    const sandbox = sampleSandbox("box", { metadata: named, spec: { volumeClaimTemplates } });
    const { actions } = planSandbox(view({ sandbox }));
    expect(actions[0]).toMatchObject({
      kind: "create-claim",
      claim: { metadata: { name: "data-box", labels: HASH } },
    });
    expect(actions[1]).toMatchObject({
      kind: "create-pod",
      pod: { spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-box" } }] } },
    });
  });
});

describe("lookAgainInMs", () => {
  const dueMs = Date.parse("2026-01-01T00:00:10Z");
  const due = sampleSandbox("box", { spec: { shutdownTime: "2026-01-01T00:00:10Z" } });

  it.each([
    ["before its time", dueMs - 3_000, dueMs - 2_990, 2_990],
    ["whose time came since it was looked at", dueMs - 1, dueMs + 4, 0],
    ["past its time", dueMs, dueMs + 1, null],
  ])("of a sandbox %s", (_, seenAtMs, nowMs, expected) => {
    expect(lookAgainInMs(due, seenAtMs, nowMs)).toBe(expected);
  });

  it("is never for one without a time", () => {
    expect(lookAgainInMs(sampleSandbox("box"), dueMs, dueMs)).toBeNull();
  });
});
