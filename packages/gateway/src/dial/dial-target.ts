import { SandgateError } from "@sandgate/contract";
import type { DialTarget, Route } from "../routes/route.ts";
import type { DialMode } from "./dial-mode.ts";

/**
 * Where bytes for a decided address and port go.
 *
 * @throws SandgateError UNREACHABLE where the mode has no way to this sandbox.
 */
export function dialTarget(
  mode: DialMode,
  route: Route,
  decided: { host: string; port: number },
): DialTarget {
  const { host, port } = decided;
  const name = `${route.user}/${route.name}`;
  if (mode === "pod-ip") return { kind: "tcp", host, port };
  if (mode === "service") {
    if (route.serviceFqdn !== null) return { kind: "tcp", host: route.serviceFqdn, port };
    throw new SandgateError(
      "UNREACHABLE",
      `${name} has no Service to be reached by; spec.service: true makes one.`,
    );
  }
  const { namespace, podName, podUid } = route;
  if (podName === null || podUid === null) throw new SandgateError("UNREACHABLE", `${name} has no pod.`);
  return { kind: "tunnel", namespace, pod: podName, podUid, port };
}
