import type { Check } from "../facts.ts";
import { finding } from "../finding.ts";

/** Services of sandboxes that declare no ports. */
export const checkServices: Check = ({ services, sandboxes }) => {
  const known = new Set((sandboxes ?? []).map(({ sandbox }) => sandbox.uid));
  return (services ?? [])
    .filter(({ sandboxUid, ports }) => known.has(sandboxUid) && ports === 0)
    .map(({ namespace, name }) =>
      finding("SERVICE_WITHOUT_PORTS", `${namespace}/${name}`, "the Service declares no port", {}),
    );
};
