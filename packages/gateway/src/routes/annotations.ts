import {
  ANNOTATION_H2C_PORTS,
  ANNOTATION_KEEP_PREFIX,
  ANNOTATION_PORT,
  GATEWAY_ANNOTATIONS,
} from "@sandgate/contract";
import { parsePortList, portListProblem, type PortList } from "./port-list.ts";
import { readLimits, type LimitBounds, type SandboxLimits } from "./sandbox-limits.ts";

type Annotations = Readonly<Record<string, string>>;

/** What a Sandbox's annotations say to the gateway. */
export interface Annotated {
  /** Null where there is none or it is no port. */
  readonly port: number | null;
  readonly keptPrefix: PortList;
  readonly h2cPorts: PortList;
  /** Null where the gateway's own count. */
  readonly limits: SandboxLimits | null;
  /** What is passed over, for whoever wrote it. */
  readonly problems: readonly string[];
}

const NONE: readonly never[] = [];

/**
 * Reads annotations once for all the sandboxes that have the very same object of them, as those of one watch do.
 *
 * @param bounds - Undefined where limits are not asked about.
 */
export function createAnnotationReader(
  bounds: LimitBounds | undefined,
): (annotations: Annotations) => Annotated {
  const known = new WeakMap<Annotations, Annotated>();
  // Most Sandboxes have none of them. Those that are copied to a thread have each an object of its own.
  const silent = read({}, bounds);
  return (annotations) => {
    if (!GATEWAY_ANNOTATIONS.some((name) => Object.hasOwn(annotations, name))) return silent;
    let annotated = known.get(annotations);
    if (annotated === undefined) known.set(annotations, (annotated = read(annotations, bounds)));
    return annotated;
  };
}

function read(annotations: Annotations, bounds: LimitBounds | undefined): Annotated {
  const found: string[] = [];
  const port = readPort(annotations[ANNOTATION_PORT], found);
  const keptPrefix = readPorts(annotations, ANNOTATION_KEEP_PREFIX, found);
  const h2cPorts = readPorts(annotations, ANNOTATION_H2C_PORTS, found);
  const limits = bounds === undefined ? null : readLimits(annotations, bounds, found);
  return { port, keptPrefix, h2cPorts, limits, problems: found.length === 0 ? NONE : found };
}

function readPorts(annotations: Annotations, name: string, problems: string[]): PortList {
  const text = annotations[name];
  if (text === undefined) return NONE;
  const problem = portListProblem(text);
  if (problem !== null) problems.push(`${name}: ${problem}`);
  return parsePortList(text);
}

function readPort(text: string | undefined, problems: string[]): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
  problems.push(`${ANNOTATION_PORT}: ${JSON.stringify(text)} is no port; it is passed over`);
  return null;
}
