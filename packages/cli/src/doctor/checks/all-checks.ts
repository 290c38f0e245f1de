import type { Check } from "../facts.ts";
import { checkAddresses } from "./check-addresses.ts";
import { checkApi } from "./check-api.ts";
import { checkGateway } from "./check-gateway.ts";
import { checkNetworkPolicies } from "./check-network-policies.ts";
import { checkRights } from "./check-rights.ts";
import { checkRuntimeClasses } from "./check-runtime-classes.ts";
import { checkSandboxes } from "./check-sandboxes.ts";
import { checkServices } from "./check-services.ts";
import { checkSurroundings } from "./check-surroundings.ts";

/** Every check of a cluster, in the order in which their findings are told: what explains others comes first. */
export const ALL_CHECKS: readonly Check[] = [
  checkApi,
  checkSurroundings,
  checkRights,
  checkGateway,
  checkServices,
  checkAddresses,
  checkRuntimeClasses,
  checkSandboxes,
  checkNetworkPolicies,
];
