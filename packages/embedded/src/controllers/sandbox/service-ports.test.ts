import type { Container } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { servicePorts } from "./service-ports.ts";

function portsOf(containers: Partial<Container>[], initContainers: Partial<Container>[] = []): string[] {
  const named = (list: Partial<Container>[]): Container[] =>
    list.map((one, index) => ({ name: `c${index}`, ...one }));
  const spec = { containers: named(containers), initContainers: named(initContainers) };
  return servicePorts({ podTemplate: { spec } }).map((one) => `${one.name} ${one.port}/${one.protocol}`);
}

describe("the ports of a sandbox's Service", () => {
  it("are what containers declare, by number, unnamed ones with a made name", () => {
    const ports = [
      { containerPort: 9000, protocol: "UDP" as const },
      { containerPort: 80, name: "web" },
    ];
    expect(portsOf([{ ports }])).toEqual(["web 80/TCP", "p-9000-udp 9000/UDP"]);
  });

  it("are one where two containers declare the same, with the first name given", () => {
    expect(
      portsOf([{ ports: [{ containerPort: 80 }] }, { ports: [{ containerPort: 80, name: "web" }] }]),
    ).toEqual(["web 80/TCP"]);
  });

  it("are those of init containers too if these keep running", () => {
    const ports = [{ containerPort: 15000 }];
    expect(portsOf([], [{ ports, restartPolicy: "Always" }, { ports: [{ containerPort: 1 }] }])).toEqual([
      "p-15000-tcp 15000/TCP",
    ]);
  });

  it("have names that differ", () => {
    const ports = [
      { containerPort: 1, name: "p-2-tcp" },
      { containerPort: 2 },
      { containerPort: 3, name: "p-2-tcp" },
    ];
    expect(portsOf([{ ports }])).toEqual(["p-2-tcp 1/TCP", "p-2-tcp-1 2/TCP", "p-3-tcp 3/TCP"]);
  });
});
