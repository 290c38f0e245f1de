import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "@sandgate/contract";
import { NAMESPACES, RESOURCE_QUOTAS } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runSandgate, type CommandResult } from "../../support/sandgate-up.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";
import { restrictedAccess } from "../doctor/restricted-access.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";

const NO_IMAGE = "127.0.0.1:1/none:1";
/** Without a probe it would be ready for as long as it runs. */
const FAILS = {
  name: "box",
  image: SANDBOX_IMAGE,
  command: ["/bin/false"],
  readinessProbe: { httpGet: { path: "/", port: 8888 } },
};

describe("sandboxes that do not become ready, by the command on a cluster of v0.4.6", () => {
  let cluster: Cluster;
  let folder: string;

  beforeAll(async () => {
    cluster = await startCluster({ parts: "node", crds: "v0.4.6", upstreamControllers: true });
    folder = mkdtempSync(join(tmpdir(), "sandgate-manifests-"));
    await cluster.client.create(NAMESPACES, { metadata: { name: "full" } });
    await cluster.client.create(RESOURCE_QUOTAS, {
      metadata: { namespace: "full", name: "no-pods" },
      spec: { hard: { pods: "0" } },
    } as KubeObject);
  });
  afterAll(async () => {
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const sandgate = (command: string, ...args: string[]): CommandResult =>
    runSandgate([command, "--kubeconfig", cluster.kubeconfig, ...args]);
  const manifest = (version: string, name: string, spec: object): string => {
    const path = join(folder, `${name}-${version}.json`);
    const podTemplate = { spec: { containers: [{ name: "box", image: SANDBOX_IMAGE }] } };
    const object = {
      apiVersion: `agents.x-k8s.io/${version}`,
      kind: "Sandbox",
      metadata: { name, labels: { user: "alice" } },
      spec: { podTemplate, ...spec },
    };
    writeFileSync(path, JSON.stringify(object));
    return path;
  };

  it("says why the image is not pulled while it waits, and in the end what mends it", () => {
    const { status, stderr } = sandgate("create", "alice/image", "--image", NO_IMAGE, "--timeout", "10");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ {2}Starting: DependenciesNotReady: .*\((?:ErrImagePull|ImagePullBackOff)/m);
    expect(stderr).toMatch(/^sandgate: Sandbox default\/image is not ready after 10 s: Starting: /m);
    expect(stderr).toContain("The image cannot be pulled: ");
    expect(stderr).toContain(NO_IMAGE);
    expect(stderr).toMatch(/^ {2}\$ kubectl --kubeconfig \S+ -n default patch sandboxes\.agents\.x-k8s\.io/m);
  });

  it("lists and shows it with the pod's own reason, and what mends it", () => {
    expect(sandgate("list").stdout).toMatch(
      /^alice\/image +default +Starting +DependenciesNotReady +\d+s +.*\((?:ErrImagePull|ImagePullBackOff)/m,
    );
    const { stdout } = sandgate("get", "alice/image");
    expect(stdout).toMatch(/^State: +Starting \(DependenciesNotReady: .*(?:ErrImagePull|ImagePullBackOff)/m);
    expect(stdout).toContain("The image cannot be pulled: ");
  });

  it("names the quota that keeps the pod from being made", () => {
    const args = ["alice/quota", "-n", "full", "--image", SANDBOX_IMAGE, "--timeout", "5"];
    const { status, stderr } = sandgate("create", ...args);
    expect([status, stderr]).toEqual([1, expect.stringContaining("A quota is used up: ")]);
    expect(stderr).toContain("edit resourcequota no-pods");
    expect(sandgate("list", "-n", "full").stdout).toMatch(/exceeded quota: no-pods/);
  });

  it("says that the container ends again and again", () => {
    const crashes = manifest("v1alpha1", "crashes", { podTemplate: { spec: { containers: [FAILS] } } });
    const { status, stderr } = sandgate("create", "-f", crashes, "--timeout", "12");
    expect([status, stderr]).toEqual([1, expect.stringContaining("CrashLoopBackOff")]);
    expect(stderr).toContain("The container ends again and again: its container ended with exit code 1.");
    const exec = sandgate("exec", "alice/crashes", "--", "/bin/true");
    expect([exec.status, exec.stderr]).toEqual([1, expect.stringContaining("container not found")]);
    expect(exec.stderr).not.toMatch(/^\s+at /m);
  });

  it("does not wait on where the pod has failed for good", () => {
    const podTemplate = { spec: { restartPolicy: "Never", containers: [FAILS] } };
    const { status, stderr } = sandgate("create", "-f", manifest("v1alpha1", "ends", { podTemplate }));
    expect([status, stderr]).toEqual([1, expect.stringContaining("will not become ready: Failed")]);
    expect(stderr).toContain("The sandbox's pod has ended: its container ended with exit code 1.");
  });

  it("takes a manifest in the version that is served, and says how to write another one in it", () => {
    const foreign = manifest("v1beta1", "foreign", { operatingMode: "Suspended" });
    expect(sandgate("create", "-f", foreign)).toMatchObject({
      status: 1,
      stderr: `sandgate: ${foreign} is written in v1beta1, and this cluster serves Sandboxes as v1alpha1 only. Write apiVersion: agents.x-k8s.io/v1alpha1, and spec.replicas: 0 in the place of spec.operatingMode.\n`,
    });
    const suspended = sandgate("create", "-f", manifest("v1alpha1", "asleep", { replicas: 0 }));
    expect([suspended.status, suspended.stderr]).toEqual([
      0,
      "created alice/asleep in namespace default\nalice/asleep is suspended, as it was asked for\n",
    ]);
    expect(sandgate("list").stdout).toMatch(/^alice\/asleep +default +Suspended +SandboxSuspended /m);
    expect(sandgate("logs", "alice/asleep").stderr).toContain(
      "has no pod now; it is Suspended (SandboxSuspended: The sandbox is suspended)",
    );
    const unknown = sandgate("create", "-f", manifest("v1alpha1", "unknown", { operatingMode: "Running" }));
    expect([unknown.status, unknown.stderr]).toEqual([
      1,
      expect.stringContaining('unknown field "spec.operatingMode"'),
    ]);
  });

  it("believes the Sandboxes for somebody who may not read pods, and says so", async () => {
    expect(sandgate("create", "alice/well", "--image", SANDBOX_IMAGE).status).toBe(0);
    const sandboxes = {
      apiGroups: ["agents.x-k8s.io"],
      resources: ["sandboxes"],
      verbs: ["get", "list", "watch", "create"],
    };
    const path = await restrictedAccess(cluster, "limited", [sandboxes]);
    const limited = (...args: string[]): CommandResult => runSandgate(args, { SANDGATE_KUBECONFIG: path });
    const { stderr, stdout } = limited("list");
    expect(stderr).toMatch(/^Pods cannot be read, so the Sandboxes' own words are shown: pods is forbidden/);
    expect(stdout).toMatch(/^alice\/well +default +Ready +DependenciesReady/m);
    expect(stdout).toMatch(/^alice\/image +default +Starting +DependenciesNotReady/m);
    expect(stdout).toMatch(/^alice\/asleep +default +Suspended/m);
    expect(limited("get", "alice/well").stdout).toMatch(/^State: +Ready/m);
    const made = limited("create", "alice/other", "--image", SANDBOX_IMAGE);
    expect([made.status, made.stderr]).toEqual([0, expect.stringMatching(/^alice\/other is ready$/m)]);
    expect(limited("exec", "alice/well", "--", "/bin/true").stderr).toContain("pods is forbidden");
    expect(limited("delete", "alice/well").stderr).toContain("cannot delete resource");
  });

  it("says that agent-sandbox is not installed, and how it is", () => {
    cluster.kubectl(["delete", "crd", "sandboxes.agents.x-k8s.io"]);
    for (const args of [
      ["list"],
      ["create", "alice/box"],
      ["delete", "alice/box"],
      ["logs", "alice/box"],
    ] as const) {
      const [command, ...rest] = args;
      const { status, stderr } = sandgate(command, ...rest);
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(
          /^sandgate: agent-sandbox is not installed: the cluster serves no agents\.x-k8s\.io\. Install it.*\n {2}\$ kubectl --kubeconfig \S+ apply /,
        ),
      ]);
    }
  });
});
