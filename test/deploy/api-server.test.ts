import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@sandgate/contract";
import { startApiServer, type EmbeddedApiServer } from "@sandgate/embedded";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { makeDataDir } from "../support/sandgate-up.ts";
import { helmTemplate, kustomize, podTemplate, type Manifest } from "./rendered.ts";

const examples = join(import.meta.dirname, "..", "..", "examples");
/** Kinds of the manifests that the embedded API server serves, beside pods. */
const SERVED = new Set(["ConfigMap", "Namespace", "NetworkPolicy", "Secret", "Service", "ServiceAccount"]);

const EVERYTHING =
  "auth.mode=apiKeys auth.apiKeys.generate=true userNamespaces=agents-{user} router.enabled=true " +
  "metrics.serviceMonitor.enabled=true sandboxNamespaces={agents}";

/** A server knows what a field is called and what it may hold; a rendered text does not. */
describe("the manifests, given to an API server that checks every field", () => {
  const dataDir = makeDataDir();
  let api: EmbeddedApiServer;

  beforeAll(async () => {
    api = await startApiServer({ dataDir, logger: silentLogger });
    const namespaces = ["sandgate-system", "agent-sandbox-system", "agents"];
    const made = apply(
      namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }) as Manifest),
      false,
    );
    expect(made.stderr).toBe("");
  });
  afterAll(async () => {
    await api.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it.each([
    ["base", () => kustomize("base")],
    ["dev", () => kustomize("dev")],
    ["production", () => kustomize("production")],
    ["router", () => kustomize("router")],
    ["the chart", () => helmTemplate(...EVERYTHING.split(" "))],
  ])("%s is taken as it is, its pods too", (_name, render) => {
    const manifests = render();
    const served = manifests.filter(({ kind }) => SERVED.has(kind ?? ""));
    const deployments = manifests.filter(({ kind }) => kind === "Deployment");
    // A pod is taken only where its service account is; all else is looked at and not kept, as the next one differs.
    expect(
      apply(
        served.filter(({ kind }) => kind === "ServiceAccount"),
        false,
      ).stderr,
    ).toBe("");
    const { status, stdout, stderr } = apply([...served, ...deployments.map(podOf)], true);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(served.length + deployments.length);
  });

  it("takes the example of a sandbox", () => {
    const example = parse(readFileSync(join(examples, "sandbox.yaml"), "utf8")) as Manifest;
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "agents-alice" } } as Manifest;
    expect(apply([namespace], false).stderr).toBe("");
    expect(apply([example], true).stderr).toBe("");
  });

  function apply(manifests: readonly Manifest[], dryRun: boolean) {
    return spawnSync(
      process.env["SANDGATE_TEST_KUBECTL"] ?? "kubectl",
      [
        "--kubeconfig",
        api.kubeconfigPath,
        `--cache-dir=${dataDir}/kubectl-cache`,
        "apply",
        "--server-side",
        "--validate=strict",
        `--dry-run=${dryRun ? "server" : "none"}`,
        "--filename=-",
      ],
      { encoding: "utf8", input: manifests.map((object) => stringify(object)).join("---\n") },
    );
  }
});

/** A pod as the Deployment would make it. */
function podOf(deployment: Manifest): Manifest {
  const { metadata, spec } = podTemplate(deployment);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      name: `${deployment.metadata.name}-0`,
      namespace: deployment.metadata.namespace ?? "",
    },
    spec: spec as unknown as Record<string, unknown>,
  };
}
