import type { NormalSandbox } from "@sandgate/contract";
import type { PortList } from "./port-list.ts";

/** The ports that a list names so; the lists of many sandboxes are one. */
const named = new WeakMap<object, readonly number[]>();
const NONE: readonly never[] = [];

/**
 * Ports whose programs speak HTTP/2 without TLS: those of the annotation, and those whose containers name them so.
 *
 * @param annotated - What the annotation lists.
 */
export function h2cPortsOf(ports: NormalSandbox["ports"], annotated: PortList): PortList {
  if (annotated === "all") return annotated;
  const byName = namedPorts(ports);
  if (byName.length === 0) return annotated;
  return annotated.length === 0 ? byName : [...new Set([...annotated, ...byName])];
}

/**
 * Whether a port's name says that it speaks HTTP/2, by the convention `protocol` or `protocol-anything`. What is called gRPC-Web
 * is made for clients of HTTP/1.1.
 */
export function saysH2c(name: string | undefined): boolean {
  return name !== undefined && /^(?:grpc|h2c)(?:-|$)/.test(name) && !/^grpc-web(?:-|$)/.test(name);
}

function namedPorts(ports: NormalSandbox["ports"]): readonly number[] {
  if (ports.length === 0) return NONE;
  let numbers = named.get(ports);
  if (numbers === undefined) {
    numbers = ports.filter(({ name }) => saysH2c(name)).map((port) => port.containerPort);
    if (numbers.length === 0) numbers = NONE;
    named.set(ports, numbers);
  }
  return numbers;
}
