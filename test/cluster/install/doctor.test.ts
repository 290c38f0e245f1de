/** `sandgate doctor` on an installation of the chart, asked by somebody who has its role and no other right. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doctorOf, type Doctor } from "../../support/run-doctor.ts";
import { importImage } from "../cluster/images.ts";
import { startLoadBalancers, type LoadBalancers } from "../cluster/load-balancers.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { writeAccess } from "../doctor/restricted-access.ts";
import { makeImages } from "./images.ts";
import { helm, NAMESPACE } from "./installation.ts";
import { rightsOf } from "./rights.ts";

const INSTALL = `install sandgate deploy/helm/sandgate --namespace ${NAMESPACE} --create-namespace`;
const VALUES =
  "auth.mode=apiKeys auth.apiKeys.generate=true userNamespaces=agents-{user} doctorRole.create=true";
/** The user `default`, whose every claim without a label is, has this one. */
const USERS = "agents-default";

let cluster: Cluster;
let balancers: LoadBalancers | undefined;
let doctor: Doctor;
/** The reader's file, in whose place an administrator's does what a finding's command says. */
let asAdministrator: Record<string, string>;

beforeAll(async () => {
  cluster = await startCluster({ parts: "node", crds: "v0.5.6", upstreamControllers: true });
  const images = await makeImages(cluster.facts.folder);
  for (const archive of Object.values(images)) importImage(cluster.namespace, cluster.facts.folder, archive);
  cluster.kubectl(["create", "namespace", USERS]);
});
afterAll(async () => {
  await balancers?.close();
  await cluster?.close();
});

describe("sandgate doctor with the role of the manifests", () => {
  it("has the rights that are documented", () => {
    helm(cluster, [...INSTALL.split(" "), ...VALUES.split(" ").flatMap((value) => ["--set", value])]);
    cluster.kubectl(["-n", NAMESPACE, "create", "serviceaccount", "helpdesk"]);
    const subject = `--serviceaccount=${NAMESPACE}:helpdesk`;
    cluster.kubectl(["create", "clusterrolebinding", "helpdesk", "--clusterrole=sandgate-doctor", subject]);
    expect(rightsOf(cluster, "helpdesk")).toEqual([
      "configmaps [] [] [get list]",
      "endpointslices.discovery.k8s.io [] [] [get list]",
      "events [] [] [get list]",
      "namespaces [] [] [get list]",
      "networkpolicies.networking.k8s.io [] [] [get list]",
      "nodes [] [] [get list]",
      "pods [] [] [get list]",
      "pods/portforward [] [] [get create]",
      "runtimeclasses.node.k8s.io [] [] [get list]",
      "sandboxclaims.extensions.agents.x-k8s.io [] [] [get list]",
      "sandboxes.agents.x-k8s.io [] [] [get list]",
      "services [] [] [get list]",
      "subjectaccessreviews.authorization.k8s.io [] [] [create]",
    ]);
    const token = cluster.kubectl(["-n", NAMESPACE, "create", "token", "helpdesk"]).trim();
    const path = writeAccess(cluster, "helpdesk", token);
    doctor = doctorOf(["--kubeconfig", path]);
    asAdministrator = { [path]: cluster.kubeconfig };
  });

  it("says that there are no sandboxes, and that nobody gives the balancer an address", async () => {
    cluster.kubectl(["-n", NAMESPACE, "rollout", "status", "deployment/sandgate-gateway", "--timeout=120s"]);
    await doctor.settles(["LOAD_BALANCER_PENDING", "NO_SANDBOXES"]);
  }, 180_000);

  it("finds nothing where all is well", async () => {
    balancers = await startLoadBalancers(cluster.client, cluster.namespace);
    cluster.kubectl(["-n", USERS, "apply", "-f", "-"], JSON.stringify(boxOf("box")));
    await doctor.settles([]);
    await doctor.settles([], "default/box");
  }, 120_000);

  it("says that the gateway has lost its rights, and its command gives them back", async () => {
    cluster.kubectl(["delete", "clusterrolebinding", "sandgate-gateway"]);
    const said = doctor.report().findings.map(({ id, subjects }) => [id, subjects]);
    const account = `${NAMESPACE}/sandgate-gateway`;
    expect(said).toEqual([
      ["RIGHT_MISSING", [account]],
      ["RIGHT_MISSING", [account]],
    ]);
    for (const finding of doctor.report().findings) doctor.mend(finding, asAdministrator);
    await doctor.settles([]);
  });

  it("says that the policy of a template refuses the gateway, and its command lets it through", async () => {
    cluster.kubectl(["-n", USERS, "apply", "-f", "-"], POOL);
    // Whose the claim's sandbox is, is said first: the doctor would go on naming that.
    doctor.mend(await doctor.until("USER_LABEL_MISSING"), { USER: "default", ...asAdministrator });
    const finding = await doctor.until("NETWORK_POLICY_REFUSES");
    expect(finding.detail).toBe(
      `${USERS}/guarded-network-policy does not admit ${NAMESPACE}/sandgate-gateway on port 8888`,
    );
    doctor.mend(finding, asAdministrator);
    await doctor.settles([]);
  }, 120_000);

  it("says that new pods of the gateway do not start", async () => {
    const deployment = "deployment/sandgate-gateway";
    cluster.kubectl(["-n", NAMESPACE, "set", "image", deployment, "gateway=sandgate.dev/none:1"]);
    expect((await doctor.until("GATEWAY_NOT_READY")).subjects).toEqual([
      expect.stringContaining(`${NAMESPACE}/sandgate-gateway-`),
    ]);
    cluster.kubectl(["-n", NAMESPACE, "rollout", "undo", deployment]);
    await doctor.settles([]);
  }, 120_000);
});

const CONTAINER = {
  name: "main",
  image: "sandgate.dev/runtime:0.1.0",
  readinessProbe: { httpGet: { path: "/", port: 8888 }, periodSeconds: 1 },
};
const SPEC = { podTemplate: { spec: { containers: [CONTAINER] } } };

function boxOf(name: string): object {
  return {
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    metadata: { name, labels: { user: "default" } },
    spec: SPEC,
  };
}

/** A template, one sandbox of it kept warm, and a claim that takes it. */
const POOL = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    extension("SandboxTemplate", SPEC),
    extension("SandboxWarmPool", { replicas: 1, sandboxTemplateRef: { name: "guarded" } }),
    extension("SandboxClaim", { warmPoolRef: { name: "guarded" } }),
  ],
});

function extension(kind: string, spec: object): object {
  return { apiVersion: "extensions.agents.x-k8s.io/v1beta1", kind, metadata: { name: "guarded" }, spec };
}
