import { describe, expect, it } from "vitest";
import { h2cPortsOf, saysH2c } from "./h2c-ports.ts";

describe("a port's name", () => {
  it.each(["grpc", "h2c", "grpc-api", "h2c-", "h2c-metrics"])("%s says that it speaks HTTP/2", (name) => {
    expect(saysH2c(name)).toBe(true);
  });

  it.each([undefined, "", "http", "grpcs", "h2", "http2", "my-grpc", "grpc-web", "grpc-web-ui", "GRPC"])(
    "%s does not",
    (name) => {
      expect(saysH2c(name)).toBe(false);
    },
  );
});

describe("ports that speak HTTP/2", () => {
  const ports = [
    { containerPort: 8000, name: "http" },
    { containerPort: 50_051, name: "grpc" },
    { containerPort: 9000 },
  ];

  it("are those of the annotation and those that their containers name so", () => {
    expect(h2cPortsOf(ports, [])).toEqual([50_051]);
    expect(h2cPortsOf(ports, [9000])).toEqual([9000, 50_051]);
    expect(h2cPortsOf(ports, [50_051])).toEqual([50_051]);
    expect(h2cPortsOf(ports, "all")).toBe("all");
    expect(h2cPortsOf([], [7])).toEqual([7]);
  });

  it("take no memory of their own where nobody names any", () => {
    const [first, second] = [{ containerPort: 1 }, { containerPort: 2 }].map((port) =>
      h2cPortsOf([port], []),
    );
    expect(first).toEqual([]);
    expect(h2cPortsOf(ports, [])).toBe(h2cPortsOf(ports, []));
    expect(second).toEqual([]);
  });
});
