import { LABEL_SANDBOX_NAME_HASH, type KubeObject, type Sandbox, type Stored } from "@sandgate/contract";
import {
  createKubeClient,
  loadKubeconfig,
  PODS,
  RESOURCE_QUOTAS,
  SANDBOXES,
  type KubeClient,
} from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doctorOf, type Doctor } from "../../../test/support/run-doctor.ts";
import { runSandgate, startSandgateUp, type SandgateUp } from "../../../test/support/sandgate-up.ts";

describe("sandgate doctor on the embedded cluster", { timeout: 90_000 }, () => {
  let up: SandgateUp;
  let client: KubeClient;
  let doctor: Doctor;

  beforeAll(async () => {
    up = await startSandgateUp();
    client = createKubeClient(await loadKubeconfig({ path: up.kubeconfig, env: {} }));
    doctor = doctorOf(["--data-dir", up.dataDir]);
  });
  afterAll(async () => {
    await client.close();
    await up[Symbol.asyncDispose]();
  });

  async function make(
    name: string,
    pod: object,
    metadata: object = {},
    spec: object = {},
  ): Promise<Stored<Sandbox>> {
    const labels = { user: "alice" };
    return client.create(SANDBOXES, {
      metadata: { namespace: "default", name, labels, ...metadata },
      spec: { podTemplate: { spec: { containers: [{ ...BOX }], ...pod } }, ...spec },
    } as Sandbox);
  }
  const remove = (name: string): Promise<void> => client.delete(SANDBOXES, { namespace: "default", name });

  it("finds that there are no sandboxes, and its command makes one with which all is well", () => {
    const finding = doctor.finding("NO_SANDBOXES");
    expect(finding.command).toBe(`sandgate create --data-dir ${up.dataDir} alice/my-sandbox`);
    expect(runSandgate(finding.command.split(" ").slice(1)).status).toBe(0);
    expect(doctor.report()).toMatchObject({ well: true, findings: [], sandboxes: { states: { Ready: 1 } } });
    expect(doctor.text("alice/my-sandbox")).toContain("All is well: alice/my-sandbox can be reached.");
  });

  it("does not complain about what `sandgate create` makes for the user default", () => {
    expect(up.sandgate("create", "plain").status).toBe(0);
    expect(doctor.ids()).toEqual([]);
    expect(up.sandgate("delete", "plain").status).toBe(0);
  });

  it("names a suspended sandbox when it is asked for, and its command resumes it", async () => {
    await client.patch(
      SANDBOXES,
      { namespace: "default", name: "my-sandbox" },
      { type: "merge", body: { spec: { operatingMode: "Suspended" } } },
    );
    const finding = await doctor.until("SANDBOX_SUSPENDED", "alice/my-sandbox");
    // With none that is ready, that is why there is nothing to reach.
    expect(doctor.ids()).toEqual(["SANDBOX_SUSPENDED"]);
    doctor.mend(finding);
    await doctor.settles([], "alice/my-sandbox");
  });

  it("names an image that is not there, and its command puts another in its place", async () => {
    await make("image", { containers: [{ ...BOX, image: "example.com/none:1" }] });
    const finding = await doctor.until("IMAGE_MISSING", "alice/image");
    expect(finding.detail).toContain("example.com/none:1");
    doctor.mend(finding, { '"IMAGE"': `"${BOX.image}"` });
    await doctor.settles([], "alice/image");
    await remove("image");
  });

  it("names a quota that is used up", async () => {
    const metadata = { namespace: "default", name: "none-more" };
    await client.create(RESOURCE_QUOTAS, { metadata, spec: { hard: { pods: "1" } } } as KubeObject);
    await make("quota", {});
    const finding = await doctor.until("QUOTA_EXCEEDED", "alice/quota");
    expect(finding.detail).toContain("exceeded quota: none-more");
    expect(finding.command).toMatch(/edit resourcequota none-more$/);
    await client.delete(RESOURCE_QUOTAS, metadata);
    await remove("quota");
  });

  it("names a RuntimeClass that does not exist", async () => {
    await make("runtime", { runtimeClassName: "gvisor" });
    expect((await doctor.until("RUNTIME_CLASS_MISSING", "alice/runtime")).detail).toBe("RuntimeClass gvisor");
    await remove("runtime");
  });

  it("names a program that ends, a port that nothing listens on, and ports among which to choose", async () => {
    await make("ends", { restartPolicy: "Never", containers: [{ ...BOX, command: ["/bin/false"] }] });
    expect((await doctor.until("POD_ENDED", "alice/ends")).detail).toContain("exit code 1");
    await remove("ends");
    expect(doctor.finding("PORT_CLOSED", "alice/my-sandbox:9999").detail).toBe(
      "port 9999 refuses connections",
    );
    await make("ports", { containers: [{ ...BOX, ports: [{ containerPort: 80 }, { containerPort: 81 }] }] });
    const finding = await doctor.until("PORT_AMBIGUOUS", "alice/ports");
    doctor.mend(finding);
    expect(doctor.ids("alice/ports")).toEqual(["PORT_CLOSED"]);
    await remove("ports");
  });

  it("names a Service that has no ports because no container declares one, and its command declares it", async () => {
    await make("mute", { containers: [{ name: BOX.name, image: BOX.image }] }, {}, { service: true });
    const finding = await doctor.until("SERVICE_PORTS_UNDECLARED");
    expect(finding.subjects).toEqual(["default/mute"]);
    doctor.mend(finding);
    await doctor.settles([]);
    await remove("mute");
  });

  it("names a shutdown time that is past, and its command revives the sandbox", async () => {
    const sandbox = await make("expired", {});
    await client.patch(SANDBOXES, nameOf(sandbox), {
      type: "merge",
      body: { spec: { shutdownTime: new Date().toISOString().replace(/\.\d+/, "") } },
    });
    doctor.mend(await doctor.until("SANDBOX_EXPIRED", "alice/expired"));
    await doctor.settles([], "alice/expired");
    await remove("expired");
  });

  it("names a deletion that a finalizer holds up", async () => {
    const sandbox = await make("going", {}, { finalizers: ["example.com/held"] });
    await remove("going");
    expect(doctor.ids("alice/going")).toEqual(["SANDBOX_DELETING"]);
    const body = { metadata: { finalizers: null } };
    await client.patch(SANDBOXES, nameOf(sandbox), { type: "merge", body });
  });

  it("names pods that are too many", async () => {
    const { metadata } = await make("twins", {});
    await doctor.settles([], "alice/twins");
    const owner = {
      apiVersion: "agents.x-k8s.io/v1beta1",
      kind: "Sandbox",
      name: "twins",
      uid: metadata.uid,
    };
    await client.create(PODS, {
      metadata: {
        namespace: "default",
        name: "twin",
        labels: { [LABEL_SANDBOX_NAME_HASH]: await hashOf("twins") },
        ownerReferences: [{ ...owner, controller: true }],
      },
      spec: { containers: [BOX] },
    });
    const finding = await doctor.until("MULTIPLE_PODS", "alice/twins");
    expect(finding.command).toContain(`-l ${LABEL_SANDBOX_NAME_HASH}=${await hashOf("twins")}`);
    await client.delete(PODS, { namespace: "default", name: "twin" });
    await doctor.settles([], "alice/twins");
    await remove("twins");
  });

  /** The label's value, as the controller put it on the pod that it made. */
  async function hashOf(name: string): Promise<string> {
    const pod = await client.get(PODS, { namespace: "default", name });
    return pod.metadata.labels?.[LABEL_SANDBOX_NAME_HASH] ?? "";
  }

  it("tells a person what is wrong, whom it concerns and what to type", async () => {
    await make("label", {}, { labels: {} });
    const text = doctor.text();
    expect(text).toContain("USER_LABEL_MISSING: Sandboxes do not say whose they are");
    expect(text).toContain("default/label (namespace default)");
    expect(text).toContain(
      `$ kubectl --kubeconfig ${up.kubeconfig} -n default label sandboxes.agents.x-k8s.io label user=USER`,
    );
    await remove("label");
  });

  it.each([
    [["a/b/c"], "is no sandbox"],
    [["alice/box:0"], "is no port"],
    [["--ignore", "NOTHING"], "There is no finding"],
    [["--sandbox-port", "x"], "--sandbox-port"],
    [["one", "two"], "too many arguments"],
    [["--nonsense"], "unknown option"],
  ])("ends with 2 for %j", (args, message) => {
    const { status, stderr } = runSandgate(["doctor", "--data-dir", up.dataDir, ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

const BOX = { name: "box", image: "sandgate.dev/runtime:latest", ports: [{ containerPort: 8888 }] };

function nameOf({ metadata }: Stored<Sandbox>): { namespace: string; name: string } {
  return { namespace: "default", name: metadata.name };
}
