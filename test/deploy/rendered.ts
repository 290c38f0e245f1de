/** What the manifests of `deploy/` come to, by the programs that people render them with. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { KubeObject, PodSpec } from "@sandgate/contract";
import { parseAllDocuments } from "yaml";
import { findHelm } from "../../scripts/helm.ts";

const deploy = join(import.meta.dirname, "..", "..", "deploy");
const CHART = join(deploy, "helm", "sandgate");

export type Manifest = KubeObject & { spec?: Record<string, unknown>; data?: Record<string, string> };

export interface PodTemplate {
  metadata: { labels: Record<string, string> };
  spec: PodSpec;
}

/** @throws Error with what kubectl said. */
export function kustomize(folder: string): Manifest[] {
  const kubectl = process.env["SANDGATE_TEST_KUBECTL"] ?? "kubectl";
  const { status, stdout, stderr } = run(kubectl, ["kustomize", join(deploy, "kustomize", folder)]);
  if (status !== 0) throw new Error(stderr);
  return objects(stdout);
}

/** @throws Error with what Helm said, which for refused values is what the chart says. */
export function helmTemplate(...values: string[]): Manifest[] {
  const { status, stdout, stderr } = helm("template", ...values);
  if (status !== 0) throw new Error(stderr);
  return objects(stdout);
}

/** Runs a command of Helm on the chart, in the namespace of the documentation. */
export function helm(command: "lint" | "template", ...values: string[]) {
  const path = findHelm((line) => process.stderr.write(`${line}\n`));
  const release = command === "template" ? ["sandgate"] : [];
  const sets = values.flatMap((value) => ["--set", value]);
  return run(path, [command, ...release, CHART, "--namespace", "sandgate-system", ...sets]);
}

/** The one object of that kind and name. */
export function only(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} of ${kind} ${name ?? ""}`);
  return found[0];
}

export function podTemplate(deployment: Manifest): PodTemplate {
  return deployment.spec?.["template"] as PodTemplate;
}

/** `Kind namespace/name`, sorted: what is installed, at a glance. */
export function inventory(manifests: readonly Manifest[]): string[] {
  return manifests
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${unhashed(metadata.name ?? "")}`)
    .toSorted();
}

/** Kustomize ends the names of generated objects with a hash of their content. */
function unhashed(name: string): string {
  return name.replace(/^(sandgate-(?:gateway|router))-[a-z0-9]{10}$/, "$1");
}

function objects(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null);
}

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}
