import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { neededRights } from "../../packages/cli/src/doctor/needed-rights.ts";
import { DOCTOR_RULES, GATEWAY_RULES, oneByOne, OPERATOR_RULES, rights } from "./rbac.ts";
import { inventory, kustomize, only, podTemplate, type Manifest } from "./rendered.ts";

const root = join(import.meta.dirname, "..", "..");

const GATEWAY = [
  "ClusterRole /sandgate-gateway",
  "ClusterRole /sandgate-operator",
  "ClusterRoleBinding /sandgate-gateway",
  "ConfigMap sandgate-system/sandgate-gateway",
  "Deployment sandgate-system/sandgate-gateway",
  "Namespace /sandgate-system",
  "NetworkPolicy sandgate-system/sandgate-gateway",
  "PodDisruptionBudget sandgate-system/sandgate-gateway",
  "Service sandgate-system/sandgate-gateway",
  "ServiceAccount sandgate-system/sandgate-gateway",
];

const ROUTER = [
  "ClusterRoleBinding /sandgate-router",
  "ConfigMap agent-sandbox-system/sandgate-router",
  "Deployment agent-sandbox-system/sandgate-router",
  "NetworkPolicy agent-sandbox-system/sandgate-router",
  "PodDisruptionBudget agent-sandbox-system/sandgate-router",
  "Service agent-sandbox-system/sandbox-router-svc",
  "ServiceAccount agent-sandbox-system/sandgate-router",
];

describe("the kustomizations", () => {
  it.each([
    ["base", GATEWAY],
    ["dev", GATEWAY],
    ["production", GATEWAY],
    ["router", ROUTER],
    ["doctor", ["ClusterRole /sandgate-doctor"]],
    ["sandbox-namespace", ["NetworkPolicy /sandgate-to-sandboxes"]],
  ])("%s renders to the objects that the documentation names", (folder, wanted) => {
    expect(inventory(kustomize(folder))).toEqual(wanted);
  });

  it("give the gateway the right to read and nothing else", () => {
    expect(rights(kustomize("base"))).toEqual({
      rules: {
        "ClusterRole /sandgate-gateway": GATEWAY_RULES,
        "ClusterRole /sandgate-operator": OPERATOR_RULES,
      },
      subjects: ["ServiceAccount sandgate-system/sandgate-gateway → ClusterRole /sandgate-gateway"],
    });
    expect(rights(kustomize("router"))).toEqual({
      rules: {},
      subjects: ["ServiceAccount agent-sandbox-system/sandgate-router → ClusterRole /sandgate-gateway"],
    });
  });

  it("give the doctor what the page on troubleshooting names, to read and to ask, and bind it to nobody", () => {
    expect(rights(kustomize("doctor"))).toEqual({
      rules: { "ClusterRole /sandgate-doctor": DOCTOR_RULES },
      subjects: [],
    });
    const page = readFileSync(join(root, "docs", "guide", "troubleshooting.md"), "utf8");
    const [, resources = ""] = /--verb=get,list \\\n +--resource=(\S+)/.exec(page) ?? [];
    const read = oneByOne(DOCTOR_RULES).filter(({ verb }) => verb === "list");
    expect(resources.split(",").toSorted()).toEqual(
      read.map(({ group, resource }) => (group === "" ? resource : `${resource}.${group}`)).toSorted(),
    );
  });

  it("give what the doctor looks for, inside the cluster and for a gateway outside of it", () => {
    expect(oneByOne(GATEWAY_RULES)).toEqual(neededRights(false));
    expect(oneByOne(OPERATOR_RULES)).toEqual(expect.arrayContaining([...neededRights(true)]));
  });

  it.each(["base", "production", "router"])(
    "%s asks for a Secret of keys, which it does not bring",
    (folder) => {
      const manifests = kustomize(folder);
      const { volumes } = podTemplate(only(manifests, "Deployment")).spec;
      expect(volumes).toContainEqual(
        expect.objectContaining({
          secret: expect.objectContaining({ secretName: "sandgate-api-keys" }) as unknown,
        }),
      );
      expect(configOf(manifests)).toMatchObject({ auth: "keys", apiKeys: "/etc/sandgate/keys/keys.yaml" });
      expect(manifests.some(({ kind }) => kind === "Secret")).toBe(false);
    },
  );

  it("dev alone lets everybody in, and it is not reached from outside the cluster", () => {
    const manifests = kustomize("dev");
    expect(configOf(manifests)).toMatchObject({ auth: "none" });
    expect(podTemplate(only(manifests, "Deployment")).spec.volumes?.map(({ name }) => name)).toEqual([
      "config",
    ]);
    expect(only(manifests, "Service").spec).toMatchObject({ type: "ClusterIP" });
  });

  it("router's pods carry the label that agent-sandbox's policies admit, and its Service shows the router alone", () => {
    const manifests = kustomize("router");
    expect(podTemplate(only(manifests, "Deployment")).metadata.labels).toMatchObject({
      app: "sandbox-router",
    });
    expect(configOf(manifests)).toMatchObject({ port: 8081, routerPort: 8080 });
    const router = [{ name: "http", port: 8080, targetPort: "http" }];
    expect(only(manifests, "Service").spec).toMatchObject({ ports: router });
    const metrics = { namespaceSelector: { matchLabels: { "sandgate.dev/metrics": "true" } } };
    expect(only(manifests, "NetworkPolicy").spec?.["ingress"]).toEqual([
      { ports: [{ port: "http" }] },
      { from: [metrics], ports: [{ port: "metrics" }] },
    ]);
  });
});

function configOf(manifests: readonly Manifest[]): unknown {
  return parse(only(manifests, "ConfigMap").data?.["config.yaml"] ?? "");
}
