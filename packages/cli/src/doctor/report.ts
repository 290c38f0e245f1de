import type { SandboxState } from "@sandgate/contract";
import type { Facts } from "./facts.ts";
import type { FindingGroup } from "./group-findings.ts";

/** What `sandgate doctor --json` prints. */
export interface Report {
  /** The address that was asked about, null for the whole cluster. */
  address: string | null;
  well: boolean;
  cluster: {
    server: string;
    /** Where the choice of the cluster came from. */
    origin: string;
    kubernetes: string | null;
    /** Served versions of agent-sandbox, null where they could not be read. */
    agentSandbox: readonly string[] | null;
    extensions: readonly string[] | null;
  };
  /** How many there are in each state; null where they could not be read, and for one address. */
  sandboxes: { total: number; states: Partial<Record<SandboxState, number>> } | null;
  findings: readonly FindingGroup[];
}

export function reportOf(
  facts: Facts,
  findings: readonly FindingGroup[],
  asked: { address: string | null; origin: string },
): Report {
  const { sandboxes } = facts;
  return {
    address: asked.address,
    well: findings.length === 0,
    cluster: {
      server: facts.server,
      origin: asked.origin,
      kubernetes: facts.kubernetesVersion,
      agentSandbox: facts.sandboxVersions,
      extensions: facts.extensionVersions,
    },
    sandboxes:
      sandboxes === null || asked.address !== null
        ? null
        : {
            total: sandboxes.length,
            states: Object.fromEntries(
              [...Map.groupBy(sandboxes, ({ state }) => state.state)].map(([state, ones]) => [
                state,
                ones.length,
              ]),
            ),
          },
    findings,
  };
}

/** The report for a person. */
export function printReport(report: Report): string {
  const { cluster, findings } = report;
  const lines = [
    `Cluster: ${cluster.server} (${cluster.origin}), Kubernetes ${cluster.kubernetes ?? "unknown"}, agent-sandbox ${served(cluster.agentSandbox)}, extensions ${served(cluster.extensions)}`,
    ...(report.sandboxes === null ? [] : [`Sandboxes: ${counted(report.sandboxes)}`]),
    "",
    ...findings.flatMap((group) => [...printGroup(group), ""]),
  ];
  return [...lines, verdict(report)].join("\n");
}

function printGroup({ id, title, detail, subjects, count, remedy, command }: FindingGroup): string[] {
  const more = count - subjects.length;
  const named =
    subjects.length === 0
      ? []
      : [`  ${subjects.join(", ")}${more > 0 ? ` and ${more.toLocaleString("en")} more` : ""}`];
  return [`${id}: ${title}`, ...named, `  ${detail}`, `  ${remedy}`, `    $ ${command}`];
}

function served(versions: readonly string[] | null): string {
  if (versions === null) return "unknown";
  return versions.length === 0 ? "none" : versions.join(" and ");
}

function counted({ total, states }: NonNullable<Report["sandboxes"]>): string {
  const parts = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  return parts.length === 0 ? "0" : `${total} (${parts.join(", ")})`;
}

function verdict({ address, well, findings }: Report): string {
  if (well) return address === null ? "All is well." : `All is well: ${address} can be reached.`;
  return findings.length === 1 ? "1 finding." : `${findings.length} findings.`;
}
