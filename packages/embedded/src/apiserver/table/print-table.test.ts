import type { KubeObject } from "@sandgate/contract";
import { describe, expect, test } from "vitest";
import { createBuiltInDefinitions } from "../registry/built-in.ts";
import type { PrinterColumn, ResourceDefinition } from "../registry/resource-definition.ts";
import { renderTable, type Table } from "./print-table.ts";

const NOW = Date.parse("2026-01-01T00:10:00Z");
const META = { name: "x", creationTimestamp: "2026-01-01T00:05:00Z" };
const definitions = createBuiltInDefinitions();

function builtIn(kind: string, group = ""): ResourceDefinition {
  const found = definitions.find((definition) => definition.kind === kind && definition.group === group);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

function print(definition: ResourceDefinition, object: KubeObject, wide = false): Record<string, unknown> {
  const table: Table = renderTable(definition, [object], { includeObject: "None", now: NOW });
  const shown = table.columnDefinitions.map(({ name, priority }, index) => ({ name, priority, index }));
  return Object.fromEntries(
    shown
      .filter(({ priority }) => wide || priority === 0)
      .map(({ name, index }) => [name, table.rows[0]?.cells[index]]),
  );
}

describe("renderTable", () => {
  test("prints services as kubectl users know them", () => {
    const service = {
      metadata: META,
      spec: {
        type: "ClusterIP",
        clusterIP: "None",
        clusterIPs: ["None"],
        ports: [{ port: 80, protocol: "TCP" }],
        selector: { b: "2", a: "1" },
      },
    };
    expect(print(builtIn("Service"), service, true)).toEqual({
      Name: "x",
      Type: "ClusterIP",
      "Cluster-IP": "None",
      "External-IP": "<none>",
      "Port(s)": "80/TCP",
      Age: "5m",
      Selector: "a=1,b=2",
    });
  });

  test("prints both kinds of event alike", () => {
    const old = {
      metadata: META,
      involvedObject: { kind: "Pod", name: "p" },
      reason: "Started",
      type: "Normal",
      message: " text\n",
      source: { component: "kubelet", host: "n" },
      firstTimestamp: "2026-01-01T00:05:00Z",
      lastTimestamp: "2026-01-01T00:09:30Z",
      count: 4,
    };
    const renewed = {
      metadata: META,
      regarding: old.involvedObject,
      reason: "Started",
      type: "Normal",
      note: old.message,
      deprecatedSource: old.source,
      deprecatedFirstTimestamp: old.firstTimestamp,
      deprecatedLastTimestamp: old.lastTimestamp,
      deprecatedCount: 4,
    };
    const printed = print(builtIn("Event"), old, true);
    expect(printed).toEqual({
      "Last Seen": "30s",
      Type: "Normal",
      Reason: "Started",
      Object: "pod/p",
      Subobject: "",
      Source: "kubelet, n",
      Message: "text",
      "First Seen": "5m",
      Count: 4,
      Name: "x",
    });
    expect(print(builtIn("Event", "events.k8s.io"), renewed, true)).toEqual(printed);
  });

  test("gives every built-in kind a row for an object that has nothing but a name", () => {
    for (const definition of definitions) {
      const printed = print(
        definition,
        { metadata: { name: "x" }, spec: { containers: [] } } as KubeObject,
        true,
      );
      expect(printed["Name"]).toBe("x");
      for (const cell of Object.values(printed)) expect(cell).not.toBeUndefined();
    }
  });

  const columns: PrinterColumn[] = [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Count", type: "integer", jsonPath: ".spec.count", priority: 1 },
    { name: "Born", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "All", type: "string", jsonPath: ".spec" },
  ];
  const custom: ResourceDefinition = { ...builtIn("Lease", "coordination.k8s.io"), custom: true, columns };

  test("prints a custom resource's columns after its name", () => {
    const object = {
      metadata: META,
      spec: { count: 2 },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    };
    expect(print(custom, object, true)).toEqual({
      Name: "x",
      Ready: "True",
      Count: 2,
      Born: "5m",
      All: '{"count":2}',
    });
  });

  test("leaves a cell blank whose value is absent or of another type", () => {
    expect(
      print(custom, { metadata: { name: "x" }, spec: { count: "two" } } as KubeObject, true),
    ).toMatchObject({
      Ready: null,
      Count: null,
      Born: null,
    });
  });

  test("prints the age of a custom resource that declares no columns", () => {
    expect(print({ ...custom, columns: [] }, { metadata: META })).toEqual({ Name: "x", Age: "5m" });
  });

  test("carries of the object what was asked for", () => {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: META, data: { a: "b" } };
    const render = (includeObject: "Metadata" | "Object" | "None"): unknown =>
      renderTable(builtIn("ConfigMap"), [object], { includeObject, now: NOW }).rows[0]?.object;
    expect(render("None")).toBeNull();
    expect(render("Object")).toBe(object);
    expect(render("Metadata")).toEqual({
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: META,
    });
  });
});
