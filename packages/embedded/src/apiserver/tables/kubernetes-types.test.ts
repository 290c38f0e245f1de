import { expect, test } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import {
  KUBERNETES_VERSION,
  openApiTypeName,
  shortTypeName,
  tableType,
  tableTypeNames,
  typeOfKind,
} from "./kubernetes-types.ts";

const types = createSchemaTable();

test("the table says of which release it is", () => {
  expect(KUBERNETES_VERSION).toMatch(/^v1\.\d+\.\d+$/);
});

test("a field has what its line says", () => {
  const fields = new Map(tableType("core.Volume")?.fields.map((field) => [field.name, field]));
  // Number 2 is the message that JSON inlines.
  expect(fields.get("emptyDir")).toMatchObject({
    type: "core.EmptyDirVolumeSource",
    shape: "pointer",
    path: [2, 2],
  });
  expect(fields.get("name")).toMatchObject({
    type: "string",
    scalar: true,
    path: [1],
    empty: "write",
    required: true,
  });
});

test("every type that a field refers to can be resolved, and no two fields of a type share a number", () => {
  for (const name of tableTypeNames()) {
    const type = tableType(name);
    const paths = type?.fields.map((field) => field.path.join("."));
    expect(new Set(paths).size).toBe(type?.fields.length);
    for (const field of type?.fields ?? []) {
      if (!field.scalar) expect(types.resolve(openApiTypeName(field.type))).toBeDefined();
    }
  }
});

test("names go from one form to the other and back", () => {
  expect(typeOfKind("", "v1", "Pod")).toBe("core.Pod");
  expect(typeOfKind("apps", "v1", "Deployment")).toBeUndefined();
  expect(openApiTypeName("core.Pod")).toBe("io.k8s.api.core.v1.Pod");
  expect(shortTypeName("io.k8s.api.core.v1.Pod")).toBe("core.Pod");
  expect(shortTypeName("com.example.v1.Box")).toBeUndefined();
});

test("a schema is made once, with what apply and patch need", () => {
  const container = types.resolve("io.k8s.api.core.v1.Container");
  expect(types.resolve("io.k8s.api.core.v1.Container")).toBe(container);
  expect(container.required).toEqual(["name"]);
  expect(container.properties?.["ports"]).toEqual({
    type: "array",
    items: { $ref: "io.k8s.api.core.v1.ContainerPort" },
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
    "x-kubernetes-patch-merge-key": "containerPort",
    "x-kubernetes-patch-strategy": "merge",
  });
  expect(types.resolve("io.k8s.api.core.v1.ContainerPort").properties?.["protocol"]).toEqual({
    type: "string",
    enum: ["SCTP", "TCP", "UDP"],
    default: "TCP",
  });
  expect(() => types.resolve("io.k8s.api.core.v1.Nothing")).toThrow("no such type");
});
