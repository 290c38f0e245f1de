import type { Check } from "../facts.ts";
import { checkApi } from "./check-api.ts";
import { checkRights } from "./check-rights.ts";
import { checkSandboxes } from "./check-sandboxes.ts";

/** Every check of a cluster, in the order in which their findings are told: what explains others comes first. */
export const ALL_CHECKS: readonly Check[] = [checkApi, checkRights, checkSandboxes];
