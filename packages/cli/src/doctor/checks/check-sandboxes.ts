import { causeOf } from "../cause-of.ts";
import type { Check } from "../facts.ts";
import { finding } from "../finding.ts";
import { runtimeClassFinding } from "./check-runtime-classes.ts";

/** So long a sandbox may be on its way without anybody having to look. */
const PATIENCE_MS = 60_000;
const ON_ITS_WAY = new Set(["SANDBOX_STARTING", "POD_NOT_READY"]);
/** What its owner has asked for: no trouble while others are ready. */
const WANTED = new Set(["SANDBOX_SUSPENDED", "SANDBOX_EXPIRED", "SANDBOX_DELETING"]);

/** Which sandboxes are not ready, and why. */
export const checkSandboxes: Check = (facts) => {
  const { sandboxes, sandboxVersions } = facts;
  if (sandboxes === null || sandboxVersions?.length === 0) return [];
  if (sandboxes.length === 0) return [finding("NO_SANDBOXES", "", "the cluster has none", {})];
  const noneReady = !sandboxes.some(({ state }) => state.state === "Ready");
  return sandboxes.flatMap((fact) => {
    const cause = causeOf(fact);
    // What is told of its RuntimeClass is the cause of whatever the pod shows.
    if (cause === null || runtimeClassFinding(fact, facts) !== null) return [];
    if (WANTED.has(cause.id)) return noneReady ? [cause] : [];
    if (ON_ITS_WAY.has(cause.id) && !noneReady && fact.ageMs < PATIENCE_MS) return [];
    return [cause];
  });
};
