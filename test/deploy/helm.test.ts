import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DOCTOR_RULES, GATEWAY_RULES, OPERATOR_RULES, rights } from "./rbac.ts";
import { helm, helmTemplate, inventory, kustomize, only, podTemplate, type Manifest } from "./rendered.ts";

const OPEN = ["auth.mode=none", "userNamespaces=*"];
const KEYS = ["auth.mode=apiKeys", "auth.apiKeys.existingSecret=my-keys", "userNamespaces=agents-{user}"];
const GENERATED = ["auth.mode=apiKeys", "auth.apiKeys.generate=true", "userNamespaces=agents-{user}"];

describe("the chart's questions", () => {
  it.each([
    { asked: "how callers are authenticated", values: ["userNamespaces=*"], says: "--set auth.mode=none" },
    {
      asked: "which keys",
      values: ["auth.mode=apiKeys", "userNamespaces=*"],
      says: "auth.apiKeys.existingSecret=NAME",
    },
    {
      asked: "one Secret of keys, not two",
      values: [...KEYS, "auth.apiKeys.generate=true"],
      says: "exclude",
    },
    {
      asked: "keys or none, not both",
      values: [...OPEN, "auth.apiKeys.generate=true"],
      says: "set auth.mode=apiKeys",
    },
    { asked: "whose addresses a namespace may claim", values: ["auth.mode=none"], says: "userNamespaces=" },
    { asked: "values that it knows", values: [...OPEN, "replica=3"], says: "'replica' not allowed" },
    { asked: "a mode that there is", values: ["auth.mode=maybe"], says: "auth/mode" },
    { asked: "no key twice", values: [...OPEN, "config.auth=none"], says: "set auth.mode instead" },
    { asked: "ports that it knows", values: [...OPEN, "config.port=80"], says: "Services and probes" },
    { asked: "URLs without a path", values: [...OPEN, "publicUrls={http://a/b}"], says: "publicUrls/0" },
    { asked: "hosts of an Ingress", values: [...OPEN, "ingress.enabled=true"], says: "ingress/hosts" },
    {
      asked: "parents of a route",
      values: [...OPEN, "httpRoute.enabled=true"],
      says: "httpRoute/parentRefs",
    },
  ])("are for $asked", ({ values, says }) => {
    const { status, stderr } = helm("template", ...values);
    expect(status).toBe(1);
    expect(stderr).toContain(says);
  });

  it.each([[OPEN], [KEYS], [GENERATED]])("are answered by %j, which lint finds well too", (values) => {
    expect(helm("lint", ...values)).toMatchObject({ status: 0 });
    expect(helmTemplate(...values).length).toBeGreaterThan(5);
  });
});

describe("the chart", () => {
  it("gives a pod that is told to end the time for all that it does then", () => {
    const grace = (...values: string[]): unknown =>
      podTemplate(only(helmTemplate(...OPEN, ...values), "Deployment")).spec.terminationGracePeriodSeconds;
    // The preStop hook takes 10 s.
    expect(grace()).toBe(75);
    expect(grace("drainSeconds=600", "config.drainDelayMs=5000")).toBe(620);
  });

  it("installs the gateway and nothing that is not asked for", () => {
    expect(inventory(helmTemplate(...KEYS))).toEqual([
      "ClusterRole /sandgate-gateway",
      "ClusterRole /sandgate-operator",
      "ClusterRoleBinding /sandgate-gateway",
      "ConfigMap sandgate-system/sandgate-gateway",
      "Deployment sandgate-system/sandgate-gateway",
      "NetworkPolicy sandgate-system/sandgate-gateway",
      "PodDisruptionBudget sandgate-system/sandgate-gateway",
      "Service sandgate-system/sandgate-gateway",
      "ServiceAccount sandgate-system/sandgate-gateway",
    ]);
  });

  it.each([
    {
      value: ["ingress.enabled=true", "ingress.hosts={a.example}"],
      adds: ["Ingress sandgate-system/sandgate-gateway"],
    },
    {
      value: [
        "httpRoute.enabled=true",
        "httpRoute.parentRefs[0].name=edge",
        "httpRoute.hostnames={a.example}",
      ],
      adds: ["HTTPRoute sandgate-system/sandgate-gateway"],
    },
    {
      value: ["metrics.serviceMonitor.enabled=true"],
      adds: [
        "Service sandgate-system/sandgate-gateway-metrics",
        "ServiceMonitor sandgate-system/sandgate-gateway",
      ],
    },
    {
      value: ["metrics.prometheusRule.enabled=true"],
      adds: ["PrometheusRule sandgate-system/sandgate-gateway"],
    },
    {
      value: ["metrics.dashboard.enabled=true"],
      adds: ["ConfigMap sandgate-system/sandgate-dashboard"],
    },
    {
      value: ["sandboxNamespaces={agents,default}"],
      adds: ["NetworkPolicy agents/sandgate-to-sandboxes", "NetworkPolicy default/sandgate-to-sandboxes"],
    },
    {
      value: ["router.enabled=true"],
      adds: [
        "ConfigMap agent-sandbox-system/sandgate-router",
        "Deployment agent-sandbox-system/sandgate-router",
        "NetworkPolicy agent-sandbox-system/sandgate-router",
        "PodDisruptionBudget agent-sandbox-system/sandgate-router",
        "Service agent-sandbox-system/sandbox-router-svc",
        "ServiceAccount agent-sandbox-system/sandgate-router",
      ],
    },
  ])("adds $adds for $value", ({ value, adds }) => {
    const without = new Set(inventory(helmTemplate(...KEYS)));
    expect(inventory(helmTemplate(...KEYS, ...value)).filter((line) => !without.has(line))).toEqual(adds);
  });

  it("gives the gateway, the router and the doctor the right to read and nothing else", () => {
    expect(rights(helmTemplate(...KEYS, "router.enabled=true", "doctorRole.create=true"))).toEqual({
      rules: {
        "ClusterRole /sandgate-gateway": GATEWAY_RULES,
        "ClusterRole /sandgate-operator": OPERATOR_RULES,
        "ClusterRole /sandgate-doctor": DOCTOR_RULES,
      },
      subjects: [
        "ServiceAccount sandgate-system/sandgate-gateway → ClusterRole /sandgate-gateway",
        "ServiceAccount agent-sandbox-system/sandgate-router → ClusterRole /sandgate-gateway",
      ],
    });
  });

  it("asks for rights in one namespace where only that one is watched", () => {
    const values = ["auth.mode=none", "watchNamespace=agents", "operatorRole.create=false"];
    expect(rights(helmTemplate(...values))).toEqual({
      rules: { "Role agents/sandgate-gateway": GATEWAY_RULES },
      subjects: ["ServiceAccount sandgate-system/sandgate-gateway → Role agents/sandgate-gateway"],
    });
  });

  it("runs the same pods as the kustomization", () => {
    const pods = (manifests: readonly Manifest[]) => {
      const { spec } = podTemplate(only(manifests, "Deployment"));
      const [container] = spec.containers;
      // These two name the release and what is mounted, in the one way or the other.
      const different = { topologySpreadConstraints: null, volumes: null };
      return { ...spec, ...different, containers: [{ imagePullPolicy: "IfNotPresent", ...container }] };
    };
    expect(pods(helmTemplate(...KEYS))).toEqual(pods(kustomize("base")));
  });

  it("opens sandboxes to the same pods as the kustomization", () => {
    const policy = (manifests: readonly Manifest[]) =>
      only(manifests, "NetworkPolicy", "sandgate-to-sandboxes").spec;
    expect(policy(helmTemplate(...KEYS, "router.enabled=true", "sandboxNamespaces={agents}"))).toEqual(
      policy(kustomize("sandbox-namespace")),
    );
  });

  it("makes one admin's key, of which the gateway is given the hash only", () => {
    const manifests = helmTemplate(...GENERATED, "router.enabled=true");
    const data = (namespace: string) =>
      manifests.find(
        ({ kind, metadata }) => kind === "Secret" && metadata.namespace === namespace,
      ) as unknown as {
        stringData: Record<string, string>;
      };
    const { adminKey = "", "keys.yaml": keys = "" } = data("sandgate-system").stringData;
    expect(parse(keys)).toEqual([
      {
        id: "helm",
        sha256: createHash("sha256").update(adminKey).digest("hex"),
        user: "admin",
        roles: ["admin"],
      },
    ]);
    expect(adminKey).toMatch(/^sg_[A-Za-z0-9]{40}$/);
    expect(data("agent-sandbox-system").stringData).toEqual({ "keys.yaml": keys });
    const mounted = podTemplate(only(manifests, "Deployment", "sandgate-gateway")).spec.volumes;
    expect(mounted).toContainEqual(
      expect.objectContaining({
        secret: expect.objectContaining({ items: [{ key: "keys.yaml", path: "keys.yaml" }] }) as unknown,
      }),
    );
  });

  it("serves under the names that it is published by", () => {
    const config = parse(
      only(
        helmTemplate(
          ...KEYS,
          "publicUrls={http://10.0.0.9}",
          "ingress.enabled=true",
          "ingress.hosts={a.example}",
          "ingress.tlsSecret=tls",
          "config.idleTimeoutMs=5000",
        ),
        "ConfigMap",
      ).data?.["config.yaml"] ?? "",
    ) as object;
    expect(config).toMatchObject({
      auth: "keys",
      idleTimeoutMs: 5000,
      publicUrl: [
        "http://sandgate-gateway.sandgate-system",
        "http://sandgate-gateway.sandgate-system.svc",
        "http://sandgate-gateway.sandgate-system.svc.cluster.local",
        "https://a.example",
        "http://10.0.0.9",
      ],
    });
  });
});
