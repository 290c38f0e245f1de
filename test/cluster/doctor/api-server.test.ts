import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "@sandgate/contract";
import {
  ENDPOINT_SLICES,
  NAMESPACES,
  NETWORK_POLICIES,
  SANDBOX_CLAIMS,
  SANDBOXES,
  SANDBOXES_V1ALPHA1,
  SERVICES,
} from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doctorOf, type Doctor } from "../../support/run-doctor.ts";
import { agentSandboxCrds } from "../binaries/cluster-binaries.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { restore } from "../watch/etcd.ts";
import { BOX, createSandboxWriter, type SandboxWriter } from "../watch/written-sandboxes.ts";
import { restrictedAccess, writeAccess } from "./restricted-access.ts";
import { configureGateway, setGatewayReady, writeGateway } from "./written-gateway.ts";

const POD_IP = "10.9.1.1";
const MANY = 10_000;

describe("sandgate doctor on kube-apiserver", () => {
  let cluster: Cluster;
  let doctor: Doctor;
  let writer: SandboxWriter;
  const definition = (release: "v0.4.6" | "v0.5.6", file: string): string =>
    join(agentSandboxCrds(release), file);
  const install = (path: string): string =>
    cluster.kubectl(["apply", "--server-side", "--force-conflicts", "-f", path]);

  beforeAll(async () => {
    cluster = await startCluster({ parts: "api" });
    doctor = doctorOf(["--kubeconfig", cluster.kubeconfig]);
  });
  afterAll(() => cluster.close());

  it("says that agent-sandbox is not installed, and nothing that follows from it", () => {
    expect(doctor.ids()).toEqual(["CRDS_MISSING"]);
    expect(doctor.ids("alice/box")).toEqual(["CRDS_MISSING"]);
  });

  it("says that it knows none of the versions that are served", async () => {
    const names = { plural: "sandboxes", singular: "sandbox", kind: "Sandbox" };
    const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
    const future = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: {
        name: "sandboxes.agents.x-k8s.io",
        // The group is upstream's, and whoever defines kinds in it has to say why.
        annotations: { "api-approved.kubernetes.io": "unapproved, a test" },
      },
      spec: {
        group: "agents.x-k8s.io",
        names,
        scope: "Namespaced",
        versions: [{ name: "v9", served: true, storage: true, schema }],
      },
    };
    cluster.kubectl(["apply", "-f", "-"], JSON.stringify(future));
    expect((await doctor.until("RELEASE_UNKNOWN")).detail).toContain("it serves v9");
    expect(doctor.ids("alice/box")).toEqual(["RELEASE_UNKNOWN"]);
    cluster.kubectl(["delete", "crd", "sandboxes.agents.x-k8s.io"]);
  });

  it("says that extensions are missing, and that they are of another release", async () => {
    install(definition("v0.5.6", "agents.x-k8s.io_sandboxes.yaml"));
    await doctor.settles(["EXTENSIONS_MISSING", "NO_SANDBOXES"]);
    expect(doctor.ids("--ignore", "EXTENSIONS_MISSING,NO_SANDBOXES")).toEqual([]);
    install(definition("v0.4.6", "extensions.agents.x-k8s.io_sandboxclaims.yaml"));
    expect((await doctor.until("VERSIONS_DIFFER")).detail).toContain("of its extensions v1alpha1");
    install(agentSandboxCrds("v0.5.6"));
    await doctor.settles(["NO_SANDBOXES"]);
  });

  it("says that sandboxes of before an upgrade cannot be converted", async () => {
    const kind = "sandboxes.agents.x-k8s.io";
    cluster.kubectl(["delete", "crd", kind]);
    install(definition("v0.4.6", "agents.x-k8s.io_sandboxes.yaml"));
    await doctor.until("VERSIONS_DIFFER");
    await cluster.client.create(SANDBOXES_V1ALPHA1, sandbox("default", "old", { user: "alice" }));
    install(definition("v0.5.6", "agents.x-k8s.io_sandboxes.yaml"));
    await doctor.settles(["CONVERSION_FAILS"]);
    expect(doctor.ids("alice/old")).toEqual(["CONVERSION_FAILS"]);
    // By hand, what the webhook's answer would allow.
    const without = '{"spec":{"conversion":{"strategy":"None","webhook":null}}}';
    cluster.kubectl(["patch", "crd", kind, "--type", "merge", "-p", without]);
    await doctor.until("CONTROLLER_SILENT");
    cluster.kubectl(["delete", `${kind}/old`]);
    install(definition("v0.5.6", "agents.x-k8s.io_sandboxes.yaml"));
    await doctor.settles(["NO_SANDBOXES"]);
  });

  it("says that the server does not answer, or does not know who asks", () => {
    const nobody = doctorOf(["--kubeconfig", writeAccess(cluster, "nobody", "no-token")]);
    expect(nobody.ids()).toEqual(["CREDENTIALS_REFUSED"]);
    const nowhere = writeAccess(cluster, "nowhere", "no-token", "https://127.0.0.1:1");
    expect(doctorOf(["--kubeconfig", nowhere]).ids("alice/box")).toEqual(["CLUSTER_UNREACHABLE"]);
  });

  it("says which rights are missing and what it could not look at, and its command gives them", async () => {
    const sandboxes = { apiGroups: ["agents.x-k8s.io"], resources: ["sandboxes"], verbs: ["list"] };
    const path = await restrictedAccess(cluster, "limited", [sandboxes]);
    const limited = doctorOf(["--kubeconfig", path]);
    const { findings } = limited.report();
    const said = findings.map(({ id, detail }) => `${id}: ${detail}`);
    expect(said).toContain("RIGHT_MISSING: may not watch sandboxes.agents.x-k8s.io");
    expect(said).toContain("RIGHT_MISSING: may not list and watch pods");
    expect(said).toContain("RIGHT_MISSING: may not get and create pods/portforward");
    // What is told as a missing right is not told once more.
    const unread = findings.filter(({ id }) => id === "UNREADABLE").map(({ detail }) => detail);
    expect(unread).toEqual([expect.stringMatching(/^list services: services .*is forbidden: /)]);
    const subject = { "--user=USER": "--serviceaccount=default:limited", [path]: cluster.kubeconfig };
    for (const one of findings.filter(({ command }) => command.includes("create clusterrole")))
      doctor.mend(one, subject);
    expect(limited.ids()).toEqual(["NO_SANDBOXES"]);
  });

  it("says that nobody works on sandboxes", async () => {
    writer = await createSandboxWriter({ client: cluster.client, podIp: POD_IP, port: 8888, user: "alice" });
    await cluster.client.create(SANDBOXES, sandbox("default", "silent", { user: "alice" }));
    expect(await doctor.until("CONTROLLER_SILENT")).toMatchObject({
      count: 1,
      subjects: ["alice/silent (namespace default)"],
    });
    await cluster.client.delete(SANDBOXES, { namespace: "default", name: "silent" });
  });

  it("finds nothing where a sandbox is ready", async () => {
    await writer.make("box");
    expect(doctor.report()).toMatchObject({ well: true, sandboxes: { total: 1, states: { Ready: 1 } } });
    expect(doctor.text()).toContain("All is well.");
    // There is no node that could be asked for the port.
    expect(doctor.finding("SERVER_FAILS", "alice/box").detail).toContain("does not have a host assigned");
  });

  it("says whose label is missing, and its command names the user", async () => {
    await cluster.client.create(NAMESPACES, { metadata: { name: "other" } });
    await cluster.client.create(SANDBOXES, sandbox("other", "nobodys", {}));
    const finding = doctor.finding("USER_LABEL_MISSING");
    expect(finding.subjects).toEqual(["default/nobodys (namespace other)"]);
    doctor.mend(finding, { USER: "bob" });
    expect(doctor.ids()).not.toContain("USER_LABEL_MISSING");
    await cluster.client.delete(SANDBOXES, { namespace: "other", name: "nobodys" });
  });

  it("says which sandbox claims an address that is taken, and its command gives it another", async () => {
    await cluster.client.create(SANDBOXES, sandbox("other", "box", { user: "alice" }));
    const finding = doctor.finding("ADDRESS_CONFLICT", "alice/box");
    expect(finding.subjects).toEqual(["alice/box (namespace other)"]);
    expect(finding.detail).toContain("belongs to the older sandbox default/box");
    expect(doctor.ids()).toContain("ADDRESS_CONFLICT");
    doctor.mend(finding, { USER: "bob" });
    expect(doctor.ids()).not.toContain("ADDRESS_CONFLICT");
    await cluster.client.delete(SANDBOXES, { namespace: "other", name: "box" });
  });

  it("says that a namespace may not claim a user's addresses, and that one is not watched", () => {
    expect(doctor.ids("--user-namespaces", "agents-{user}")).toContain("NAMESPACE_MAY_NOT_CLAIM");
    expect(doctor.ids("alice/box", "--user-namespaces", "agents-{user}")).toEqual([
      "NAMESPACE_MAY_NOT_CLAIM",
    ]);
    expect(doctor.ids("alice/box", "--watch-namespace", "other")).toEqual(["OUTSIDE_WATCHED_NAMESPACE"]);
  });

  it("says why an address that nobody has is nobody's", async () => {
    expect(doctor.finding("SANDBOX_NOT_FOUND", "alice/nobox").command).toContain(" alice/nobox");
    expect(doctor.finding("OTHER_USER", "bob/box").detail).toContain("alice/box");
    await claim("waiting", null);
    await claim("served", "box");
    expect(doctor.ids("alice/waiting")).toEqual(["CLAIM_NOT_READY"]);
    expect(doctor.finding("CLAIM_NAMED", "alice/served").command).toMatch(/^sandgate doctor .*alice\/box$/);
    const labels = { user: "alice", "agents.x-k8s.io/warm-pool-sandbox": "pool" };
    await cluster.client.create(SANDBOXES, sandbox("default", "pooled", labels));
    expect(doctor.ids("alice/pooled")).toEqual(["POOL_MEMBER"]);
    await cluster.client.delete(SANDBOXES, { namespace: "default", name: "pooled" });
  });

  it("says that the cluster's DNS has no endpoint that is ready", async () => {
    const metadata = { namespace: "kube-system", name: "kube-dns" };
    await cluster.client.create(SERVICES, { metadata, spec: { ports: [{ port: 53 }] } });
    expect(doctor.ids()).toEqual(["DNS_DOWN"]);
    await cluster.client.create(ENDPOINT_SLICES, {
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "kube-dns" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.9.2.2"], conditions: { ready: true } }],
    });
    expect(doctor.ids()).toEqual([]);
  });

  it("says that the balancer in front of the gateway has no address, and its command opens a port", async () => {
    await writeGateway(cluster.client);
    const finding = doctor.finding("LOAD_BALANCER_PENDING");
    expect(finding.subjects).toEqual(["sandgate-system/sandgate-gateway"]);
    doctor.mend(finding);
    expect(doctor.ids()).not.toContain("LOAD_BALANCER_PENDING");
  });

  it("says which rights the gateway's own account misses, and its command gives them", () => {
    const { findings } = doctor.report();
    expect(findings.map(({ id, subjects }) => [id, subjects])).toEqual([
      ["RIGHT_MISSING", ["sandgate-system/sandgate-gateway"]],
      ["RIGHT_MISSING", ["sandgate-system/sandgate-gateway"]],
    ]);
    for (const finding of findings) doctor.mend(finding);
    expect(doctor.ids()).toEqual([]);
  });

  it("looks at addresses as the gateway in the cluster is set, unless it is told otherwise", async () => {
    await configureGateway(cluster.client, "userNamespaces: agents-{user}\n");
    expect(doctor.ids("alice/box")).toEqual(["NAMESPACE_MAY_NOT_CLAIM"]);
    expect(doctor.ids("--user-namespaces", "*")).toEqual([]);
    await configureGateway(cluster.client, "watchNamespace: other\n");
    expect(doctor.ids("alice/box")).toEqual(["OUTSIDE_WATCHED_NAMESPACE"]);
    await configureGateway(cluster.client, "host: 0.0.0.0\n");
    expect(doctor.ids()).toEqual([]);
  });

  it("sees everything with the rights that the page on troubleshooting names", async () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/guide/troubleshooting.md"), "utf8");
    const [, command = ""] = /^(kubectl create clusterrole sandgate-doctor [^`]+)```/m.exec(page) ?? [];
    doctor.mend({ command: command.replace("kubectl", `kubectl --kubeconfig ${cluster.kubeconfig}`) });
    const reviews = {
      apiGroups: ["authorization.k8s.io"],
      resources: ["subjectaccessreviews"],
      verbs: ["create"],
    };
    const path = await restrictedAccess(cluster, "reader", [reviews]);
    const reader = doctorOf(["--kubeconfig", path]);
    expect(reader.ids()).toContain("UNREADABLE");
    const role = "--clusterrole=sandgate-doctor";
    cluster.kubectl(["create", "clusterrolebinding", "reader-2", role, "--serviceaccount=default:reader"]);
    expect(reader.ids()).toEqual([]);
    // For every kind that it reads there is one that makes it read it.
    const classy = sandbox("default", "classy", { user: "alice" });
    classy.spec.podTemplate.spec.runtimeClassName = "none";
    await cluster.client.create(SANDBOXES, classy);
    expect(reader.ids()).toEqual(["RUNTIME_CLASS_MISSING"]);
    expect(reader.ids("alice/nobody")).toEqual(["SANDBOX_NOT_FOUND"]);
    await cluster.client.delete(SANDBOXES, { namespace: "default", name: "classy" });
  });

  it("says that the gateway's pods are not ready", async () => {
    await setGatewayReady(cluster.client, false);
    expect(doctor.finding("GATEWAY_NOT_READY").subjects).toEqual(["sandgate-system/gateway-1"]);
    expect(doctor.ids("alice/box")).toEqual(["GATEWAY_NOT_READY"]);
    await setGatewayReady(cluster.client, true);
  });

  it.each([
    ["NETWORK_POLICY_REFUSES", "default", { policyTypes: ["Ingress"] }],
    ["GATEWAY_EGRESS_REFUSED", "sandgate-system", { policyTypes: ["Egress"] }],
  ] as const)(
    "says %s of a policy in %s, and its command lets the gateway through",
    async (id, namespace, spec) => {
      const metadata = { namespace, name: "closed" };
      await cluster.client.create(NETWORK_POLICIES, { metadata, spec: { podSelector: {}, ...spec } });
      const finding = doctor.finding(id);
      expect(finding.subjects).toEqual(["alice/box (namespace default)"]);
      expect(doctor.ids("alice/box")).toEqual([id]);
      doctor.mend(finding);
      expect(doctor.ids()).toEqual([]);
    },
  );

  it("tells 10,000 sandboxes with one trouble in a few lines", async () => {
    restore(cluster, { count: MANY, user: "alice", podIp: POD_IP, port: 8888 });
    cluster.kubectl(["-n", "default", "delete", "networkpolicy", "sandgate-beside-closed"]);
    const lines = doctor.text().trim().split("\n");
    expect(lines.join("\n")).toMatch(
      /Sandboxes: 10001 .*\n\nNETWORK_POLICY_REFUSES.*\n {2}(?:\S+ \(\S+ \S+\)(?:, )?){3} and 9,998 more/,
    );
    expect(lines.length).toBeLessThan(12);
  });

  async function claim(name: string, sandboxName: string | null): Promise<void> {
    const metadata = { namespace: "default", name };
    const claimed = await cluster.client.create(SANDBOX_CLAIMS, {
      metadata,
      spec: { warmPoolRef: { name: "p" } },
    });
    if (sandboxName === null) return;
    await cluster.client.patch(
      SANDBOX_CLAIMS,
      { namespace: "default", name: claimed.metadata.name },
      { type: "merge", body: { status: { sandbox: { name: sandboxName } } } },
      { subresource: "status" },
    );
  }
});

function sandbox(namespace: string, name: string, labels: Record<string, string>): Sandbox {
  return {
    metadata: { namespace, name, labels },
    spec: { podTemplate: { spec: { containers: [BOX(8888)] } } },
  };
}
