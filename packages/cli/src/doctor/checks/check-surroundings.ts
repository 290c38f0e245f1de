import type { Check } from "../facts.ts";
import { finding, type Finding } from "../finding.ts";

/** From here on tokens and shutdown times go visibly wrong. */
const CLOCK_TOLERANCE_MS = 5_000;

/** What is around the sandboxes: the cluster's DNS and clocks. */
export const checkSurroundings: Check = ({ dnsEndpoints, clockAheadMs }) => {
  const found: Finding[] = [];
  if (dnsEndpoints === 0)
    found.push(finding("DNS_DOWN", "kube-system/kube-dns", "the Service has no endpoint that is ready", {}));
  if (clockAheadMs !== null && Math.abs(clockAheadMs) > CLOCK_TOLERANCE_MS) {
    const seconds = Math.round(Math.abs(clockAheadMs) / 1000);
    const detail = `this clock is ${seconds} s ${clockAheadMs > 0 ? "ahead of" : "behind"} it`;
    found.push(finding("CLOCK_DIFFERS", "", detail, {}));
  }
  return found;
};
