import { LABEL_TEMPLATE_REF_HASH, LABEL_WARM_POOL_SANDBOX } from "@sandgate/contract";
import { PERSISTENT_VOLUME_CLAIMS, PODS, SANDBOX_CLAIMS, SANDBOX_TEMPLATES, SANDBOXES } from "@sandgate/kube";
import { describe, expect } from "vitest";
import { conditionOf, type Scenario } from "../scenario.ts";
import type { CaseFunction } from "../suite.ts";

const inSeconds = (seconds: number): string =>
  new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");

/** A pool with all its members ready. */
async function readyPool(scenario: Scenario, replicas: number): Promise<string[]> {
  await scenario.createTemplate("tpl", {});
  await scenario.createPool("pool", "tpl", replicas);
  return scenario.untilAll(SANDBOXES, `${replicas} ready members`, (sandboxes) => {
    const ready = sandboxes.filter((one) => conditionOf(one, "Ready")?.status === "True");
    return ready.length === replicas ? ready.map((one) => one.metadata.name) : undefined;
  });
}

export function claimCases(test: CaseFunction): void {
  describe("a SandboxClaim", () => {
    test("takes a ready member of its pool, which keeps its pod", async (scenario) => {
      const [member = ""] = await readyPool(scenario, 1);
      const podBefore = await scenario.get(PODS, member);
      const { metadata } = await scenario.createClaim("mine", "pool");
      const claim = await scenario.untilCondition(
        SANDBOX_CLAIMS,
        "mine",
        "Ready",
        "True",
        "DependenciesReady",
      );
      expect(claim.status?.sandbox?.name).toBe(member);
      expect(claim.status?.sandbox?.podIPs).toEqual([podBefore?.status?.podIP]);
      expect(claim.metadata.annotations?.["agents.x-k8s.io/sandbox-name"]).toBe(member);

      const sandbox = await scenario.get(SANDBOXES, member);
      expect(sandbox?.metadata.ownerReferences).toEqual([
        {
          apiVersion: "extensions.agents.x-k8s.io/v1beta1",
          kind: "SandboxClaim",
          name: "mine",
          uid: metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
      expect(sandbox?.metadata.labels).toMatchObject({
        "agents.x-k8s.io/claim-uid": metadata.uid,
        "agents.x-k8s.io/launch-type": "warm",
      });
      expect(sandbox?.metadata.labels).not.toHaveProperty(LABEL_WARM_POOL_SANDBOX);
      const pod = await scenario.until(
        PODS,
        member,
        "relabelled",
        (one) => one.metadata.labels?.[LABEL_WARM_POOL_SANDBOX] === undefined,
      );
      expect(pod.metadata.uid).toBe(podBefore?.metadata.uid);
      expect(pod.metadata.labels?.[LABEL_TEMPLATE_REF_HASH]).toBeDefined();
      expect(pod.metadata.annotations ?? {}).not.toHaveProperty(
        "cluster-autoscaler.kubernetes.io/safe-to-evict",
      );
    });

    test("leaves its pool refilled", async (scenario) => {
      const before = await readyPool(scenario, 2);
      await scenario.createClaim("mine", "pool");
      const claim = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
      expect(before).toContain(claim.status?.sandbox?.name);
      await scenario.untilAll(SANDBOXES, "two members beside the claimed one", (sandboxes) => {
        const members = sandboxes.filter(
          (one) => one.metadata.labels?.[LABEL_WARM_POOL_SANDBOX] !== undefined,
        );
        return sandboxes.length === 3 && members.length === 2 ? true : undefined;
      });
    });

    test("and another never get the same sandbox", async (scenario) => {
      await readyPool(scenario, 3);
      await Promise.all(["a", "b", "c", "d", "e"].map((name) => scenario.createClaim(name, "pool")));
      const names = await scenario.untilAll(SANDBOX_CLAIMS, "all bound", (claims) => {
        const bound = claims.flatMap((claim) => claim.status?.sandbox?.name ?? []);
        return bound.length === 5 ? bound : undefined;
      });
      expect(new Set(names).size).toBe(5);
    });

    test("of an empty pool gets a sandbox of its own name", async (scenario) => {
      await scenario.createTemplate("tpl", {});
      await scenario.createPool("pool", "tpl", 0);
      const { metadata } = await scenario.createClaim("mine", "pool");
      const claim = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
      expect(claim.status?.sandbox?.name).toBe("mine");
      const sandbox = await scenario.get(SANDBOXES, "mine");
      expect(sandbox?.metadata.labels).toMatchObject({
        "agents.x-k8s.io/launch-type": "cold",
        "agents.x-k8s.io/claim-uid": metadata.uid,
      });
      expect(sandbox?.metadata.annotations?.["agents.x-k8s.io/sandbox-template-ref"]).toBe("tpl");
      expect(sandbox?.spec.podTemplate.spec).toMatchObject({
        automountServiceAccountToken: false,
        dnsPolicy: "None",
        dnsConfig: { nameservers: ["8.8.8.8", "1.1.1.1"] },
      });
    });

    test("of a pool that comes later waits for it", async (scenario) => {
      await scenario.createClaim("mine", "pool");
      const claim = await scenario.untilCondition(
        SANDBOX_CLAIMS,
        "mine",
        "Ready",
        "False",
        "WarmPoolNotFound",
      );
      expect(conditionOf(claim, "Ready")?.message).toBe('SandboxWarmPool "pool" not found');
      await scenario.createTemplate("tpl", {});
      await scenario.createPool("pool", "tpl", 0);
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
    });

    test("names the template that its pool lacks", async (scenario) => {
      await scenario.createPool("pool", "tpl", 0);
      await scenario.createClaim("mine", "pool");
      const claim = await scenario.untilCondition(
        SANDBOX_CLAIMS,
        "mine",
        "Ready",
        "False",
        "TemplateNotFound",
      );
      expect(conditionOf(claim, "Ready")?.message).toBe('SandboxTemplate "tpl" not found');
    });

    test("with variables starts cold, if the template allows them", async (scenario) => {
      await readyPool(scenario, 1);
      const env = [{ name: "TOKEN", value: "t" }];
      await scenario.createClaim("mine", "pool", { env });
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", "EnvVarsInjectionRejected");
      await scenario.change(SANDBOX_TEMPLATES, "tpl", { spec: { envVarsInjectionPolicy: "Allowed" } });
      await scenario.createClaim("next", "pool", { env });
      const next = await scenario.untilCondition(SANDBOX_CLAIMS, "next", "Ready", "True");
      expect(next.status?.sandbox?.name).toBe("next");
      const pod = await scenario.get(PODS, "next");
      expect(pod?.spec.containers[0]?.env).toContainEqual({ name: "TOKEN", value: "t" });
    });

    test("with volumes of its own is refused unless the template allows them", async (scenario) => {
      await scenario.createTemplate("strict", {});
      await scenario.createTemplate("open", { volumeClaimTemplatesPolicy: "Allowed" });
      await scenario.createPool("strict", "strict", 0);
      await scenario.createPool("open", "open", 0);
      const volumeClaimTemplates = [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
        },
      ];
      await scenario.createClaim("refused", "strict", { volumeClaimTemplates });
      await scenario.untilCondition(SANDBOX_CLAIMS, "refused", "Ready", "False", "VolumeClaimTemplatesError");
      await scenario.createClaim("mine", "open", { volumeClaimTemplates });
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
      expect(await scenario.get(PERSISTENT_VOLUME_CLAIMS, "data-mine")).toBeDefined();
    });

    test("labels its pod under an allowed domain only", async (scenario) => {
      const [member = ""] = await readyPool(scenario, 1);
      const bad = { labels: { team: "a" } };
      await scenario.createClaim("bad", "pool", { additionalPodMetadata: bad });
      const refused = await scenario.untilCondition(
        SANDBOX_CLAIMS,
        "bad",
        "Ready",
        "False",
        "InvalidMetadata",
      );
      expect(conditionOf(refused, "Ready")?.message).toContain("must have a domain prefix");
      const good = { labels: { "sandbox.users.io/team": "a" }, annotations: { "example.com/note": "n" } };
      await scenario.createClaim("good", "pool", { additionalPodMetadata: good });
      await scenario.untilCondition(SANDBOX_CLAIMS, "good", "Ready", "True");
      const pod = await scenario.until(
        PODS,
        member,
        "labelled",
        (one) => one.metadata.labels?.["sandbox.users.io/team"] === "a",
      );
      expect(pod.metadata.annotations?.["example.com/note"]).toBe("n");
    });

    test("follows its sandbox when that is suspended and resumed", async (scenario) => {
      const [member = ""] = await readyPool(scenario, 1);
      await scenario.createClaim("mine", "pool");
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
      await scenario.change(SANDBOXES, member, { spec: { operatingMode: "Suspended" } });
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", "SandboxSuspended");
      await scenario.change(SANDBOXES, member, { spec: { operatingMode: "Running" } });
      const claim = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
      expect(claim.status?.sandbox?.name).toBe(member);
    });

    test("gets another sandbox when somebody deletes its own", async (scenario) => {
      const [member = ""] = await readyPool(scenario, 1);
      await scenario.createClaim("mine", "pool");
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
      await scenario.remove(SANDBOXES, member);
      await scenario.until(
        SANDBOX_CLAIMS,
        "mine",
        "bound to another sandbox",
        ({ status }) => ![undefined, "", member].includes(status?.sandbox?.name),
      );
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
    });

    test("past its time gives its sandbox up and stays", async (scenario) => {
      const [member = ""] = await readyPool(scenario, 1);
      await scenario.createClaim("mine", "pool", { lifecycle: { shutdownTime: inSeconds(3) } });
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
      const expired = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", "ClaimExpired");
      expect(conditionOf(expired, "Ready")?.message).toBe("Claim expired. Sandbox cleanup initiated.");
      await scenario.untilGone(SANDBOXES, member);
      await scenario.until(
        SANDBOX_CLAIMS,
        "mine",
        "unbound",
        ({ status }) => status?.sandbox?.name === undefined,
      );
    });

    test("past its time is deleted where its policy says so", async (scenario) => {
      const [member = ""] = await readyPool(scenario, 1);
      const lifecycle = { shutdownTime: inSeconds(2), shutdownPolicy: "Delete" } as const;
      await scenario.createClaim("mine", "pool", { lifecycle });
      await scenario.untilGone(SANDBOX_CLAIMS, "mine");
      await scenario.untilGone(SANDBOXES, member);
    });

    test("is deleted a while after its sandbox has finished", async (scenario) => {
      await scenario.createTemplate("tpl", { podTemplate: { spec: scenario.pods.exits(0) } });
      await scenario.createPool("pool", "tpl", 0);
      const lifecycle = { ttlSecondsAfterFinished: 1, shutdownPolicy: "Delete" } as const;
      await scenario.createClaim("mine", "pool", { lifecycle });
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Finished", "True", "PodSucceeded");
      await scenario.untilGone(SANDBOX_CLAIMS, "mine");
    });

    test("refuses a sandbox of its name that is another's", async (scenario) => {
      await scenario.createTemplate("tpl", {});
      await scenario.createPool("pool", "tpl", 0);
      await scenario.createSandbox("mine", {});
      await scenario.createClaim("mine", "pool");
      const claim = await scenario.untilCondition(
        SANDBOX_CLAIMS,
        "mine",
        "Ready",
        "False",
        "ReconcilerError",
      );
      expect(conditionOf(claim, "Ready")?.message).toContain(
        'sandbox "mine" is not controlled by claim "mine"',
      );
      await scenario.remove(SANDBOXES, "mine");
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
    });

    test("takes its sandbox with it when it is deleted", async (scenario) => {
      const [member = ""] = await readyPool(scenario, 1);
      await scenario.createClaim("mine", "pool");
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
      await scenario.remove(SANDBOX_CLAIMS, "mine");
      await scenario.untilGone(SANDBOXES, member);
      await scenario.untilGone(PODS, member);
    });
  });
}
