import { SandgateError } from "@sandgate/contract";
import { newCircuit, type Circuit } from "../engine/upstream/circuit.ts";
import { isListed } from "../routes/port-list.ts";
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
  const h2c = isListed(route.h2cPorts, port);
  if (mode === "pod-ip") return tcpTarget(route, host, port, h2c);
  const name = `${route.user}/${route.name}`;
  if (mode === "service") {
    if (route.serviceFqdn !== null) return tcpTarget(route, route.serviceFqdn, port, h2c);
    throw new SandgateError(
      "UNREACHABLE",
      `${name} has no Service to be reached by; spec.service: true makes one.`,
    );
  }
  const { namespace, podName, podUid } = route;
  if (podName === null || podUid === null) throw new SandgateError("UNREACHABLE", `${name} has no pod.`);
  return { kind: "tunnel", namespace, pod: podName, podUid, port, h2c };
}

/** Ports of one sandbox whose targets are remembered; callers choose the ports. */
const MAX_DIALLED = 64;

/** The same object for the same place, which is how the pool finds connections without making a key of it. */
function tcpTarget(route: Route, host: string, port: number, h2c: boolean): DialTarget {
  const dialled = (route.dialled ??= []);
  let circuit: Circuit | undefined;
  for (const target of dialled) {
    if (target.kind !== "tcp" || target.host !== host) continue;
    if (target.port === port && target.h2c === h2c) return target;
    circuit = target.circuit;
  }
  if (dialled.length === MAX_DIALLED) dialled.shift();
  const target: DialTarget = {
    kind: "tcp",
    host,
    port,
    h2c,
    circuit: circuit ?? newCircuit(),
  };
  dialled.push(target);
  return target;
}
