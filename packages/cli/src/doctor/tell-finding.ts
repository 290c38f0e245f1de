import { withClusterFlags, type ClusterFlags } from "./cluster-flags.ts";
import type { Finding } from "./finding.ts";
import { FINDINGS } from "./findings.ts";

/** A finding in the words of another command: what is wrong, what was seen, and what mends it. */
export function tellFinding({ id, detail, command }: Finding, flags: ClusterFlags): string {
  const { title, remedy } = FINDINGS[id];
  return `${title}: ${detail}. ${remedy}\n  $ ${withClusterFlags(command, flags)}`;
}
