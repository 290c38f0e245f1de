import { LABEL_TEMPLATE_REF_HASH, LABEL_WARM_POOL_SANDBOX, type Pod, type Stored } from "@sandgate/contract";
import {
  NETWORK_POLICIES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  SANDBOX_CLAIMS,
  SANDBOX_WARM_POOLS,
  SANDBOX_TEMPLATES,
  SANDBOXES,
} from "@sandgate/kube";
import { expect } from "vitest";
import { conditionOf, podOf, type Scenario } from "../scenario.ts";
import type { CaseFunction } from "../suite.ts";

const inSeconds = (seconds: number): string =>
  new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");

/** A pool with all its members ready; their names, which are those of their pods. */
async function readyPool(scenario: Scenario, replicas: number): Promise<string[]> {
  await scenario.createTemplate(scenario.template, {});
  await scenario.createPool("pool", scenario.template, replicas);
  const members = await scenario.untilMembers(replicas);
  // The controller has seen it as well; before that it would start a claim's sandbox anew.
  const { poolCountsReady } = scenario.dialect.facts;
  await scenario.until(
    SANDBOX_WARM_POOLS,
    "pool",
    "counted",
    ({ status }) => (poolCountsReady ? status?.readyReplicas : status?.replicas) === replicas,
  );
  return members.map(({ name }) => name);
}

/** The pod of a sandbox, once it has one. */
async function podOfSandbox(scenario: Scenario, name: string): Promise<Stored<Pod>> {
  const sandbox = await scenario.until(SANDBOXES, name, "made", () => true);
  return scenario.untilAll(PODS, `the pod of ${name}`, (pods) => podOf(sandbox, pods));
}

/**
 * The pod of a claim's sandbox. The latest release takes a member of the pool that is ready; earlier ones start anew where the pool
 * was just writing to that member, which is no fault of what a case is about.
 */
async function podOfClaim(
  scenario: Scenario,
  claim: string,
  ...members: readonly string[]
): Promise<Stored<Pod>> {
  const pod = await podOfSandbox(scenario, await scenario.untilBound(claim));
  if (scenario.dialect.isLatest) expect(members).toContain(pod.metadata.name);
  return pod;
}

export function claimCases(test: CaseFunction): void {
  test("takes a ready member of its pool, which keeps its pod", async (scenario) => {
    const { facts, isLatest } = scenario.dialect;
    const [member = ""] = await readyPool(scenario, 1);
    const podBefore = await scenario.get(PODS, member);
    const { metadata } = await scenario.createClaim("mine", "pool");
    const name = await scenario.untilBound("mine");
    expect(name).toBe(facts.poolHolds === "sandboxes" ? member : "mine");
    const sandbox = await scenario.get(SANDBOXES, name);
    expect(sandbox?.metadata.ownerReferences).toEqual([
      {
        apiVersion: `extensions.agents.x-k8s.io/${facts.version}`,
        kind: "SandboxClaim",
        name: "mine",
        uid: metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(sandbox?.metadata.labels ?? {}).not.toHaveProperty(LABEL_WARM_POOL_SANDBOX);
    const own = await podOfSandbox(scenario, name);
    expect(own.metadata.uid).toBe(podBefore?.metadata.uid);
    const pod = await scenario.until(
      PODS,
      member,
      "relabelled",
      (one) => one.metadata.labels?.[LABEL_WARM_POOL_SANDBOX] === undefined,
    );
    // By that label a network policy selects it.
    if (facts.admits !== "anybody") expect(pod.metadata.labels?.[LABEL_TEMPLATE_REF_HASH]).toBeDefined();
    if (!isLatest) return;
    const claim = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True", "DependenciesReady");
    expect(claim.status?.sandbox?.podIPs).toEqual([podBefore?.status?.podIP]);
    expect(claim.metadata.annotations?.["agents.x-k8s.io/sandbox-name"]).toBe(member);
    expect(sandbox?.metadata.labels).toMatchObject({
      "agents.x-k8s.io/claim-uid": metadata.uid,
      "agents.x-k8s.io/launch-type": "warm",
    });
    expect(pod.metadata.annotations ?? {}).not.toHaveProperty(
      "cluster-autoscaler.kubernetes.io/safe-to-evict",
    );
  });

  test("leaves its pool refilled", async (scenario) => {
    const before = await readyPool(scenario, 2);
    await scenario.createClaim("mine", "pool");
    const pod = await podOfClaim(scenario, "mine", ...before);
    const after = await scenario.untilMembers(2);
    expect(after.map(({ name }) => name)).not.toContain(pod.metadata.name);
  });

  test("and another never get the same sandbox", async (scenario) => {
    await readyPool(scenario, 3);
    await Promise.all(["a", "b", "c", "d", "e"].map((name) => scenario.createClaim(name, "pool")));
    const names = await scenario.untilAll(SANDBOX_CLAIMS, "all bound", (claims) => {
      const bound = claims.flatMap((claim) => scenario.dialect.claimed(claim) ?? []);
      return bound.length === 5 ? bound : undefined;
    });
    expect(new Set(names).size).toBe(5);
    // v0.2.1 may name one pod in two sandboxes. Only one of them owns it: a case about routes holds what comes of that.
    if (scenario.dialect.facts.poolHolds === "pods") return;
    const pods = await Promise.all(names.map((name) => podOfSandbox(scenario, name)));
    expect(new Set(pods.map((pod) => pod.metadata.uid)).size).toBe(5);
  });

  test("of an empty pool gets a sandbox of its own name", async (scenario) => {
    await scenario.createTemplate(scenario.template, {});
    await scenario.createPool("pool", scenario.template, 0);
    const { metadata } = await scenario.createClaim("mine", "pool");
    expect(await scenario.untilBound("mine")).toBe("mine");
    const sandbox = await scenario.get(SANDBOXES, "mine");
    const defaults = {
      automountServiceAccountToken: false,
      dnsPolicy: "None",
      dnsConfig: { nameservers: ["8.8.8.8", "1.1.1.1"] },
    };
    const pod = sandbox?.spec.podTemplate.spec;
    if (scenario.dialect.facts.secureDefaults) expect(pod).toMatchObject(defaults);
    else for (const member of Object.keys(defaults)) expect(pod).not.toHaveProperty(member);
    if (!scenario.dialect.isLatest) return;
    expect(sandbox?.metadata.labels).toMatchObject({
      "agents.x-k8s.io/launch-type": "cold",
      "agents.x-k8s.io/claim-uid": metadata.uid,
    });
    expect(sandbox?.metadata.annotations?.["agents.x-k8s.io/sandbox-template-ref"]).toBe(scenario.template);
  });

  test("of a pool and a template that come later waits for them", async (scenario) => {
    const { facts } = scenario.dialect;
    const missing = facts.claimNames === "pool" ? "WarmPoolNotFound" : "TemplateNotFound";
    await scenario.createClaim("mine", "pool");
    const claim = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", missing);
    expect(conditionOf(claim, "Ready")?.message).toBe(
      facts.claimNames === "pool"
        ? 'SandboxWarmPool "pool" not found'
        : `SandboxTemplate "${scenario.template}" not found`,
    );
    await scenario.createTemplate(scenario.template, {});
    await scenario.createPool("pool", scenario.template, 0);
    if (
      facts.templateAwaited === "within a minute" ||
      facts.templateAwaited === "when the claim is changed"
    ) {
      // That there is a policy shows that the controllers know the template.
      await scenario.until(NETWORK_POLICIES, `${scenario.template}-network-policy`, "made", () => true);
      await scenario.change(SANDBOX_CLAIMS, "mine", { metadata: { labels: { touched: "yes" } } });
    }
    await scenario.untilBound("mine");
  });

  test("names the template that its pool lacks", async (scenario) => {
    await scenario.createPool("pool", scenario.template, 0);
    await scenario.createClaim("mine", "pool");
    const claim = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", "TemplateNotFound");
    expect(conditionOf(claim, "Ready")?.message).toBe(`SandboxTemplate "${scenario.template}" not found`);
  });

  test("with variables starts cold, if the template allows them", async (scenario) => {
    await readyPool(scenario, 1);
    const env = [{ name: "TOKEN", value: "t" }];
    const pool = scenario.dialect.coldPool("pool");
    await scenario.createClaim("mine", pool, { env });
    const refused = scenario.dialect.isLatest ? "EnvVarsInjectionRejected" : "ReconcilerError";
    await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", refused);
    await scenario.change(SANDBOX_TEMPLATES, scenario.template, {
      spec: { envVarsInjectionPolicy: "Allowed" },
    });
    await scenario.createClaim("next", pool, { env });
    expect(await scenario.untilBound("next")).toBe("next");
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
    await scenario.createClaim("refused", "strict", { volumeClaimTemplates }, "strict");
    await scenario.untilCondition(SANDBOX_CLAIMS, "refused", "Ready", "False", "VolumeClaimTemplatesError");
    await scenario.createClaim("mine", "open", { volumeClaimTemplates }, "open");
    await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
    expect(await scenario.get(PERSISTENT_VOLUME_CLAIMS, "data-mine")).toBeDefined();
  });

  test("labels its pod", async (scenario) => {
    const [member = ""] = await readyPool(scenario, 1);
    const additionalPodMetadata = {
      labels: { "sandbox.users.io/team": "a" },
      annotations: { "example.com/note": "n" },
    };
    await scenario.createClaim("mine", "pool", { additionalPodMetadata });
    const own = await podOfClaim(scenario, "mine", member);
    const pod = await scenario.until(
      PODS,
      own.metadata.name,
      "labelled",
      (one) => one.metadata.labels?.["sandbox.users.io/team"] === "a",
    );
    expect(pod.metadata.annotations?.["example.com/note"]).toBe("n");
  });

  test("labels its pod under an allowed domain only", async (scenario) => {
    await readyPool(scenario, 1);
    const bad = { labels: { team: "a" } };
    await scenario.createClaim("bad", "pool", { additionalPodMetadata: bad });
    const refused = await scenario.untilCondition(SANDBOX_CLAIMS, "bad", "Ready", "False", "InvalidMetadata");
    expect(conditionOf(refused, "Ready")?.message).toContain("must have a domain prefix");
  });

  test("follows its sandbox when that is suspended and resumed", async (scenario) => {
    await readyPool(scenario, 1);
    await scenario.createClaim("mine", "pool");
    const name = await scenario.untilBound("mine");
    const first = await podOfSandbox(scenario, name);
    await scenario.suspend(name);
    if (scenario.dialect.facts.suspendedShown)
      await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", "SandboxSuspended");
    await scenario.untilGone(PODS, first.metadata.name);
    await scenario.resume(name);
    const second = await podOfSandbox(scenario, name);
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    expect(await scenario.untilBound("mine")).toBe(name);
  });

  test("gets another sandbox when somebody deletes its own", async (scenario) => {
    await readyPool(scenario, 1);
    const { metadata } = await scenario.createClaim("mine", "pool");
    const first = await scenario.get(SANDBOXES, await scenario.untilBound("mine"));
    await scenario.untilMembers(1);
    await scenario.remove(SANDBOXES, first?.metadata.name ?? "");
    const second = await scenario.untilAll(SANDBOXES, "another one of the claim", (sandboxes) =>
      sandboxes.find(
        (one) =>
          one.metadata.uid !== first?.metadata.uid && one.metadata.ownerReferences?.[0]?.uid === metadata.uid,
      ),
    );
    await scenario.until(
      SANDBOX_CLAIMS,
      "mine",
      "bound to it",
      (claim) => scenario.dialect.claimed(claim) === second.metadata.name,
    );
    await scenario.untilBound("mine");
  });

  test("past its time gives its sandbox up and stays", async (scenario) => {
    await readyPool(scenario, 1);
    await scenario.createClaim("mine", "pool");
    const name = await scenario.untilBound("mine");
    // Not before it is bound: how long that takes is the machine's affair.
    await scenario.change(SANDBOX_CLAIMS, "mine", { spec: { lifecycle: { shutdownTime: inSeconds(2) } } });
    const pod = await podOfSandbox(scenario, name);
    const expired = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", "ClaimExpired");
    await scenario.untilGone(SANDBOXES, name);
    await scenario.untilGone(PODS, pod.metadata.name);
    if (!scenario.dialect.isLatest) return;
    expect(conditionOf(expired, "Ready")?.message).toBe("Claim expired. Sandbox cleanup initiated.");
    await scenario.until(
      SANDBOX_CLAIMS,
      "mine",
      "unbound",
      ({ status }) => status?.sandbox?.name === undefined,
    );
  });

  test("past its time is deleted where its policy says so", async (scenario) => {
    const [member = ""] = await readyPool(scenario, 1);
    await scenario.createClaim("mine", "pool");
    const pod = await podOfClaim(scenario, "mine", member);
    const lifecycle = { shutdownTime: inSeconds(2), shutdownPolicy: "Delete" } as const;
    await scenario.change(SANDBOX_CLAIMS, "mine", { spec: { lifecycle } });
    await scenario.untilGone(SANDBOX_CLAIMS, "mine");
    await scenario.untilGone(PODS, pod.metadata.name);
  });

  test("is deleted a while after its sandbox has finished", async (scenario) => {
    await scenario.createTemplate(scenario.template, { podTemplate: { spec: scenario.pods.exits(0) } });
    await scenario.createPool("pool", scenario.template, 0);
    const lifecycle = { ttlSecondsAfterFinished: 1, shutdownPolicy: "Delete" } as const;
    await scenario.createClaim("mine", "pool", { lifecycle });
    await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Finished", "True", "PodSucceeded");
    await scenario.untilGone(SANDBOX_CLAIMS, "mine");
  });

  test("refuses a sandbox of its name that is another's", async (scenario) => {
    await scenario.createTemplate(scenario.template, {});
    await scenario.createPool("pool", scenario.template, 0);
    await scenario.createSandbox("mine", {});
    await scenario.createClaim("mine", "pool");
    const claim = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", "ReconcilerError");
    expect(conditionOf(claim, "Ready")?.message).toContain(
      'sandbox "mine" is not controlled by claim "mine"',
    );
    await scenario.remove(SANDBOXES, "mine");
    await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "True");
  });

  test("takes its sandbox with it when it is deleted", async (scenario) => {
    const [member = ""] = await readyPool(scenario, 1);
    await scenario.createClaim("mine", "pool");
    const name = await scenario.untilBound("mine");
    const pod = await podOfClaim(scenario, "mine", member);
    await scenario.remove(SANDBOX_CLAIMS, "mine");
    await scenario.untilGone(SANDBOXES, name);
    await scenario.untilGone(PODS, pod.metadata.name);
  });
}
