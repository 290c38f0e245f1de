import type { Container, SandboxSpec, ServicePort } from "@sandgate/contract";

/**
 * Ports of a sandbox's Service, from what its containers (and restartable init containers) declare: one for each port and
 * protocol, sorted, with the first explicit name that is free, else a made one.
 */
export function servicePorts(spec: SandboxSpec): ServicePort[] {
  const { containers, initContainers = [] } = spec.podTemplate.spec;
  const sidecars = initContainers.filter((container) => container.restartPolicy === "Always");
  const names = new Map<string, { port: number; protocol: "TCP" | "UDP" | "SCTP"; name: string }>();
  const taken = new Set<string>();
  for (const { containerPort, protocol = "TCP", name = "" } of [...containers, ...sidecars].flatMap(
    portsOf,
  )) {
    const key = `${containerPort}/${protocol}`;
    const known = names.get(key) ?? { port: containerPort, protocol, name: "" };
    names.set(key, known);
    if (name === "" || known.name !== "" || taken.has(name)) continue;
    known.name = name;
    taken.add(name);
  }
  return [...names.values()]
    .toSorted((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1))
    .map(({ port, protocol, name }) => {
      const chosen = name === "" ? freeName(port, protocol, taken) : name;
      taken.add(chosen);
      return { name: chosen, protocol, port, targetPort: port };
    });
}

function portsOf(container: Container): NonNullable<Container["ports"]> {
  return (container.ports ?? []).filter((port) => port.containerPort !== 0);
}

function freeName(port: number, protocol: string, taken: ReadonlySet<string>): string {
  const base = `p-${port}-${protocol.toLowerCase()}`;
  let name = base;
  for (let suffix = 1; taken.has(name); suffix++) name = `${base}-${suffix}`;
  return name;
}
