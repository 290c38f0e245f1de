import { describe, expect, it } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import { decodeFields } from "./decode-fields.ts";

const types = createSchemaTable();

function decode(value: Record<string, unknown>, type: string): string[] {
  const unknown: string[] = [];
  decodeFields(value, { $ref: type }, types, "", unknown);
  return unknown;
}

const CONFIG_MAP = "io.k8s.api.core.v1.ConfigMap";
const POD = "io.k8s.api.core.v1.Pod";

describe("decoding the fields of a built-in kind", () => {
  it("drops what the type does not have, and says where it was", () => {
    const pod = { metadata: { name: "p", x: 1 }, spec: { containers: [{ name: "c", imag: "i" }] }, y: {} };
    expect(decode(pod, POD)).toEqual(["metadata.x", "spec.containers[0].imag", "y"]);
    expect(pod).toEqual({ metadata: { name: "p" }, spec: { containers: [{ name: "c" }] } });
  });

  it("takes null for absent, and for empty text in a map", () => {
    const map = {
      metadata: { labels: null, creationTimestamp: null, annotations: { a: null } },
      data: { a: null },
    };
    expect(decode(map, CONFIG_MAP)).toEqual([]);
    expect(map).toEqual({ metadata: { creationTimestamp: null, annotations: { a: "" } }, data: { a: "" } });
  });

  it.each([
    [{ metadata: [] }, CONFIG_MAP, "cannot read array into field metadata of type object"],
    [{ data: { a: 1 } }, CONFIG_MAP, "cannot read number into field data.a of type string"],
    [{ spec: { containers: {} } }, POD, "cannot read object into field spec.containers of type array"],
    [{ spec: { containers: [null] } }, POD, "cannot read null into field spec.containers[0] of type object"],
    [
      { spec: { activeDeadlineSeconds: 1.5 } },
      POD,
      "cannot read number into field spec.activeDeadlineSeconds of type int64",
    ],
    [
      { spec: { hostNetwork: "true" } },
      POD,
      "cannot read string into field spec.hostNetwork of type boolean",
    ],
  ])("refuses %j", (value, type, message) => {
    expect(() => decode(value, type)).toThrow(message);
  });

  it("takes quantities and ports as numbers or text", () => {
    const resources = { limits: { cpu: 1, memory: "1Gi" } };
    const livenessProbe = { httpGet: { port: "http" }, tcpSocket: { port: 80 } };
    expect(decode({ spec: { containers: [{ name: "c", resources, livenessProbe }] } }, POD)).toEqual([]);
  });
});
