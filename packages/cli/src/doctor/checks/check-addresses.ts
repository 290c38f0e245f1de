import { aboutAddress } from "../about-sandbox.ts";
import type { Check } from "../facts.ts";

/** Whether every sandbox says whose it is, and has the address that it asks for. */
export const checkAddresses: Check = (facts) => {
  const { userLabel } = facts.settings;
  return (facts.sandboxes ?? []).flatMap((fact) => {
    const { route, sandbox } = fact;
    if (route.unclaimed) return [];
    if (route.owner === null)
      return [aboutAddress("NAMESPACE_MAY_NOT_CLAIM", fact, userLabel, route.message)];
    if (route.state === "Conflict") return [aboutAddress("ADDRESS_CONFLICT", fact, userLabel, route.message)];
    const user = sandbox.labels[userLabel];
    if (user !== undefined && user !== "") return [];
    return [aboutAddress("USER_LABEL_MISSING", fact, userLabel, `no label ${userLabel}`)];
  });
};
