import type { KubeObject, PodSpec } from "@sandgate/contract";
import { NAMESPACES, RESOURCE_QUOTAS, RUNTIME_CLASSES, SANDBOXES_V1ALPHA1 } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FindingId } from "../../../packages/cli/src/doctor/findings.ts";
import { doctorOf, type Doctor } from "../../support/run-doctor.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";

const BOX = { name: "box", image: SANDBOX_IMAGE, ports: [{ containerPort: 8888 }] };
const FAILS = { ...BOX, command: ["/bin/false"] };

/** What is wrong with each sandbox, by its name. */
const PODS: Readonly<Record<string, PodSpec>> = {
  well: { containers: [BOX] },
  image: { containers: [{ ...BOX, image: "127.0.0.1:1/none:1" }] },
  crashes: { containers: [FAILS] },
  config: { containers: [{ ...BOX, envFrom: [{ secretRef: { name: "none" } }] }] },
  large: { containers: [{ ...BOX, resources: { requests: { cpu: "10000" } } }] },
  ended: { restartPolicy: "Never", containers: [FAILS] },
  host: { hostNetwork: true, containers: [BOX] },
  probe: {
    containers: [{ ...BOX, readinessProbe: { httpGet: { path: "/", port: 9999 }, periodSeconds: 1 } }],
  },
  classless: { runtimeClassName: "kata", containers: [BOX] },
  nodeless: { runtimeClassName: "gvisor", containers: [BOX] },
};

describe("sandgate doctor on a cluster of v0.4.6 with a kubelet", () => {
  let cluster: Cluster;
  let doctor: Doctor;

  beforeAll(async () => {
    cluster = await startCluster({ parts: "node", crds: "v0.4.6", upstreamControllers: true });
    doctor = doctorOf(["--kubeconfig", cluster.kubeconfig]);
    const { client } = cluster;
    await client.create(RUNTIME_CLASSES, {
      metadata: { name: "gvisor" },
      handler: "runsc",
      scheduling: { nodeSelector: { runtime: "gvisor" } },
    } as KubeObject & { handler: string });
    const strict = { "pod-security.kubernetes.io/enforce": "restricted" };
    await client.create(NAMESPACES, { metadata: { name: "strict", labels: strict } });
    await client.create(NAMESPACES, { metadata: { name: "full" } });
    await client.create(RESOURCE_QUOTAS, {
      metadata: { namespace: "full", name: "no-pods" },
      spec: { hard: { pods: "0" } },
    } as KubeObject);
    await make("full", "quota", { containers: [BOX] });
    await make("strict", "refused", { containers: [BOX] });
    for (const [name, spec] of Object.entries(PODS)) await make("default", name, spec);
  });
  afterAll(() => cluster.close());

  async function make(namespace: string, name: string, spec: PodSpec): Promise<void> {
    await cluster.client.create(SANDBOXES_V1ALPHA1, {
      metadata: { namespace, name, labels: { user: "alice" } },
      spec: { service: true, podTemplate: { spec } },
    } as KubeObject);
  }

  it.each<[string, FindingId, string]>([
    ["image", "IMAGE_MISSING", "127.0.0.1:1/none:1"],
    ["crashes", "CONTAINER_CRASHES", "exit code 1"],
    ["config", "CONTAINER_CONFIG", 'secret "none" not found'],
    ["large", "UNSCHEDULABLE", "Insufficient cpu"],
    ["ended", "POD_ENDED", "exit code 1"],
    ["host", "POD_WITHOUT_ADDRESS", "the node's network"],
    ["probe", "POD_NOT_READY", "Readiness probe failed"],
    ["classless", "RUNTIME_CLASS_MISSING", "RuntimeClass kata"],
    ["nodeless", "RUNTIME_CLASS_WITHOUT_NODE", "nodes with runtime=gvisor"],
    ["quota", "QUOTA_EXCEEDED", "exceeded quota: no-pods"],
    ["refused", "POD_REFUSED", "violates PodSecurity"],
  ])("names for alice/%s the cause %s", async (name, id, detail) => {
    const finding = await doctor.until(id, `alice/${name}`);
    expect(finding.detail).toContain(detail);
  });

  it("finds a sandbox well whose Service has no ports, and says of the port that nothing listens on", async () => {
    await doctor.settles([], "alice/well");
    expect(doctor.ids("alice/well:99")).toEqual(["PORT_CLOSED"]);
  });

  it("tells each trouble of the whole cluster once, also that its Services have no ports", () => {
    // One may still become ready in its first minute, the other is ready for a moment after each restart.
    const passing = new Set<FindingId>(["POD_NOT_READY", "CONTAINER_CRASHES"]);
    const ids = new Set(doctor.ids().filter((id) => !passing.has(id)));
    expect([...ids].toSorted()).toEqual(
      [
        "SERVICE_WITHOUT_PORTS",
        "RUNTIME_CLASS_MISSING",
        "RUNTIME_CLASS_WITHOUT_NODE",
        "POD_REFUSED",
        "POD_ENDED",
        "POD_WITHOUT_ADDRESS",
        "IMAGE_MISSING",
        "CONTAINER_CONFIG",
        "UNSCHEDULABLE",
        "QUOTA_EXCEEDED",
      ].toSorted(),
    );
    expect(doctor.finding("SERVICE_WITHOUT_PORTS").count).toBe(Object.keys(PODS).length + 2);
  });

  it("resumes a suspended sandbox in the words of its release", async () => {
    const well = { namespace: "default", name: "well" };
    await cluster.client.patch(SANDBOXES_V1ALPHA1, well, { type: "merge", body: { spec: { replicas: 0 } } });
    doctor.mend(await doctor.until("SANDBOX_SUSPENDED", "alice/well"));
    await doctor.settles([], "alice/well");
  });

  it("mends what is missing of RuntimeClasses, and then says what the node has against the pod", async () => {
    doctor.mend(doctor.finding("RUNTIME_CLASS_MISSING"));
    doctor.mend(doctor.finding("RUNTIME_CLASS_WITHOUT_NODE"), { NODE: "--all" });
    for (const name of ["classless", "nodeless"]) {
      const finding = await doctor.until("SANDBOX_STARTING", `alice/${name}`);
      await expect
        .poll(() => doctor.finding(finding.id, `alice/${name}`).detail, { timeout: 60_000, interval: 500 })
        .toContain("no runtime for");
    }
  });

  it("starts an ended sandbox anew by the command that it names", async () => {
    const { detail, command } = doctor.finding("POD_ENDED");
    expect(detail).toContain("exit code 1");
    const before = cluster.kubectl(["get", "pod", "ended", "-o", "jsonpath={.metadata.uid}"]);
    doctor.mend({ command });
    await expect
      .poll(
        () =>
          cluster.kubectl(["get", "pod", "ended", "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"]),
        { timeout: 30_000, interval: 500 },
      )
      .toMatch(new RegExp(`^(?!${before}).+`));
  });
});
