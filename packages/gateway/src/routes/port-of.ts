import { SandgateError } from "@sandgate/contract";
import type { Route } from "./route.ts";

/**
 * The port that an address means: its own, else the annotation's, else the default where the pod declares it or declares
 * nothing, else the only one declared.
 *
 * @throws SandgateError PORT_AMBIGUOUS that lists the declared ports.
 */
export function portOf(
  route: Pick<Route, "annotatedPort" | "declaredPorts">,
  asked: number | undefined,
  defaultPort: number,
): number {
  if (asked !== undefined) return asked;
  if (route.annotatedPort !== null) return route.annotatedPort;
  const declared = route.declaredPorts;
  if (declared.length === 0 || declared.includes(defaultPort)) return defaultPort;
  const [only] = declared;
  if (declared.length === 1 && only !== undefined) return only;
  throw new SandgateError(
    "PORT_AMBIGUOUS",
    `The sandbox declares the ports ${declared.join(", ")}; the address names none.`,
  );
}
