import { describe, expect, test } from "vitest";
import { typeOfKind } from "../tables/kubernetes-types.ts";
import fixtures from "../protobuf/decode.fixtures.json" with { type: "json" };
import { canonicalize } from "./canonical-object.ts";

type Fields = Record<string, unknown>;

function canonical(object: Fields, type: string): Fields {
  const copy = structuredClone(object);
  canonicalize(copy, type);
  return copy;
}

/** Without nulls, which Go writes for some absent members and this server for none. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNulls(member)]));
}

describe("canonicalize", () => {
  test("leaves what Go writes as it is", () => {
    for (const { json } of fixtures.objects) {
      const [group = "", version = ""] = json.apiVersion.includes("/")
        ? json.apiVersion.split("/")
        : ["", json.apiVersion];
      const type = typeOfKind(group, version, json.kind);
      if (type === undefined) continue;
      const given = withoutNulls(json) as Fields;
      expect(withoutNulls(canonical(given, type))).toEqual(given);
    }
  });

  test("drops what the type does not have, and what is empty", () => {
    expect(
      canonical(
        {
          kind: "Pod",
          metadata: { own: true },
          extra: 1,
          spec: {
            containers: [{ name: "a", tty: false, args: [], env: null, unknown: 1, livenessProbe: {} }],
            nodeName: "",
          },
        },
        "core.Pod",
      ),
    ).toEqual({
      kind: "Pod",
      metadata: { own: true },
      spec: { containers: [{ name: "a", resources: {}, livenessProbe: {} }] },
    });
  });

  test("keeps the zero that means something: of a pointer, and of what is always written", () => {
    const spec = {
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      containers: [{ name: "" }],
    };
    expect(canonical({ spec }, "core.Pod")).toEqual({
      spec: { ...spec, containers: [{ name: "", resources: {} }] },
    });
  });

  test("writes amounts and times in one way", () => {
    expect(
      canonical(
        { spec: { hard: { cpu: "0.5", memory: "1024Mi", "x.com/y": "1.0001" } } },
        "core.ResourceQuota",
      ),
    ).toEqual({ spec: { hard: { cpu: "500m", memory: "1Gi", "x.com/y": "1001m" } } });
    const spec = { renewTime: "2026-01-01T02:00:00.1234567+02:00", acquireTime: "2026-01-01T00:00:00Z" };
    expect(canonical({ spec }, "coordination.Lease")).toEqual({
      spec: { renewTime: "2026-01-01T00:00:00.123456Z", acquireTime: "2026-01-01T00:00:00.000000Z" },
    });
    expect(canonical({ lastTimestamp: "2026-01-01T02:00:00.5+02:00" }, "core.Event")).toEqual({
      lastTimestamp: "2026-01-01T00:00:00Z",
    });
  });

  test("leaves values of another type than they should have to validation", () => {
    const spec = { containers: "x", volumes: [1, null], nodeSelector: ["a"], overhead: { cpu: {} } };
    expect(canonical({ spec }, "core.Pod")).toEqual({ spec });
  });
});
