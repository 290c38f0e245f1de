/** Upstream's controllers of one release. */
import type { AgentSandboxRelease } from "../../binaries/versions.ts";
import type { ProgramSpec } from "../component.ts";
import type { ClusterFacts } from "./facts.ts";

/** Releases that know `-enable-webhook`. One stored version is served, so no conversion is asked of them. */
const HAS_WEBHOOK: readonly AgentSandboxRelease[] = ["v0.5.6"];

export function agentSandbox({ binaries, kubeconfig }: ClusterFacts, release: AgentSandboxRelease): ProgramSpec {
  return {
    name: `agent-sandbox-${release}`,
    command: binaries(`agent-sandbox/${release}/controller`),
    args: [
      `-kubeconfig=${kubeconfig("admin")}`,
      "-leader-elect=false",
      "-extensions",
      "-metrics-bind-address=127.0.0.1:18080",
      "-health-probe-bind-address=127.0.0.1:18081",
      ...(HAS_WEBHOOK.includes(release) ? ["-enable-webhook=false"] : []),
    ],
  };
}
