import { ALL_CHECKS } from "./checks/all-checks.ts";
import type { Facts } from "./facts.ts";
import { finding, type Finding } from "./finding.ts";

/** Everything that the checks find. An API server that tells nothing is the only finding. */
export function examine(facts: Facts): Finding[] {
  const { obstacle } = facts;
  if (obstacle !== null) return [obstacleFinding(obstacle)];
  return ALL_CHECKS.flatMap((check) => check(facts));
}

/** Of an API server that tells nothing. */
export function obstacleFinding({ kind, message }: NonNullable<Facts["obstacle"]>): Finding {
  return finding(kind === "unreachable" ? "CLUSTER_UNREACHABLE" : "CREDENTIALS_REFUSED", "", message, {});
}
