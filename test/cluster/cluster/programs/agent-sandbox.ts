/** Upstream's controllers of one release. */
import type { AgentSandboxRelease } from "../../binaries/versions.ts";
import type { ProgramSpec } from "../component.ts";
import type { ClusterFacts } from "./facts.ts";

/** Releases that know `-enable-webhook`. One stored version is served, so no conversion is asked of them. */
const HAS_WEBHOOK: ReadonlySet<AgentSandboxRelease> = new Set(["v0.5.6"]);

export function agentSandbox(
  { binaries, kubeconfig }: ClusterFacts,
  release: AgentSandboxRelease,
): ProgramSpec {
  return {
    name: `agent-sandbox-${release}`,
    command: binaries(`agent-sandbox/${release}/controller`),
    args: controllerFlags(release, kubeconfig("admin")),
  };
}

export function controllerFlags(release: AgentSandboxRelease, kubeconfig: string): readonly string[] {
  return [
    `-kubeconfig=${kubeconfig}`,
    "-leader-elect=false",
    "-extensions",
    "-metrics-bind-address=127.0.0.1:0",
    "-health-probe-bind-address=127.0.0.1:0",
    ...(HAS_WEBHOOK.has(release) ? ["-enable-webhook=false"] : []),
  ];
}
