import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import { ApiError } from "../server/api-error.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";
import type { JsonObject } from "./json-value.ts";

const types = createSchemaTable();
const podSpec = types.resolve("io.k8s.api.core.v1.PodSpec");
const objectMeta = types.resolve("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");

function patchSpec(document: JsonObject, patch: unknown): JsonObject {
  const before = structuredClone({ document, patch });
  const patched = applyStrategicMergePatch(document, patch, podSpec, types);
  expect({ document, patch }).toEqual(before);
  return patched;
}

describe("applyStrategicMergePatch", () => {
  const main = { name: "main", image: "a:1", env: [{ name: "A", value: "1" }] };
  const side = { name: "side", image: "b:1" };

  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      "merges containers by name and keeps those it does not name",
      { containers: [main, side] },
      { containers: [{ name: "side", image: "b:2" }] },
      { containers: [main, { name: "side", image: "b:2" }] },
    ],
    [
      "merges lists in merged items",
      { containers: [main] },
      { containers: [{ name: "main", env: [{ name: "B", value: "2" }] }] },
      {
        containers: [
          {
            ...main,
            env: [
              { name: "B", value: "2" },
              { name: "A", value: "1" },
            ],
          },
        ],
      },
    ],
    ["adds items that are new", { containers: [main] }, { containers: [side] }, { containers: [side, main] }],
    [
      "deletes an item",
      { containers: [main, side] },
      { containers: [{ $patch: "delete", name: "main" }] },
      { containers: [side] },
    ],
    [
      "replaces a list",
      { containers: [main] },
      { containers: [side, { $patch: "replace" }] },
      { containers: [side] },
    ],
    [
      "replaces lists without a merge strategy",
      { tolerations: [{ key: "a" }, { key: "b" }] },
      { tolerations: [{ key: "c" }] },
      { tolerations: [{ key: "c" }] },
    ],
    [
      "merges maps and removes by null",
      { nodeSelector: { a: "1", b: "2" } },
      { nodeSelector: { a: null, c: "3" } },
      { nodeSelector: { b: "2", c: "3" } },
    ],
    [
      "replaces a map",
      { nodeSelector: { a: "1" } },
      { nodeSelector: { $patch: "replace", b: "2" } },
      { nodeSelector: { b: "2" } },
    ],
    [
      "empties a map",
      { securityContext: { runAsUser: 1 } },
      { securityContext: { $patch: "delete" } },
      { securityContext: {} },
    ],
    [
      "puts items in the order that the patch asks for and leaves the others at their place",
      { containers: [{ name: "a" }, { name: "x" }, { name: "b" }, { name: "c" }] },
      { "$setElementOrder/containers": [{ name: "c" }, { name: "a" }] },
      { containers: [{ name: "x" }, { name: "b" }, { name: "c" }, { name: "a" }] },
    ],
    [
      "retains only the listed members",
      { volumes: [{ name: "v", emptyDir: {} }] },
      { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/" } }] },
      { volumes: [{ name: "v", hostPath: { path: "/" } }] },
    ],
    [
      "drops directives and nulls of what was not there",
      {},
      {
        containers: [
          { name: "a", $retainKeys: ["name"], image: null },
          { name: "b", $patch: "delete" },
        ],
        "$setElementOrder/containers": [{ name: "a" }],
      },
      { containers: [{ name: "a" }] },
    ],
    [
      "merges items that the patch names twice",
      { containers: [side] },
      {
        containers: [
          { name: "a", image: "x" },
          { name: "a", tty: true },
        ],
      },
      { containers: [{ name: "a", image: "x", tty: true }, side] },
    ],
    [
      "deletes nothing from a list that is not there",
      {},
      { containers: [{ $patch: "delete", name: "a" }] },
      {},
    ],
    [
      "drops directives in a map that was not there",
      {},
      {
        securityContext: { $retainKeys: ["runAsUser"], runAsUser: 5, x: null },
        affinity: { $patch: "delete" },
      },
      { securityContext: { runAsUser: 5 } },
    ],
    [
      "takes the patch where the shapes differ",
      { nodeSelector: "x" },
      { nodeSelector: { a: "1" } },
      { nodeSelector: { a: "1" } },
    ],
  ])("%s", (_, document, patch, expected) => {
    expect(patchSpec(document, patch)).toEqual(expected);
  });

  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      "joins lists of scalars",
      { finalizers: ["a", "b"] },
      { finalizers: ["c", "a"] },
      { finalizers: ["c", "a", "b"] },
    ],
    [
      "takes scalars from a list",
      { finalizers: ["a", "b"] },
      { "$deleteFromPrimitiveList/finalizers": ["a", "x"] },
      { finalizers: ["b"] },
    ],
    [
      "leaves no empty list behind",
      { finalizers: ["a"] },
      { "$deleteFromPrimitiveList/finalizers": ["a"] },
      {},
    ],
    [
      "orders and deletes at once, as kubectl edit sends it",
      { finalizers: ["a", "b", "c"] },
      {
        "$deleteFromPrimitiveList/finalizers": ["b"],
        "$setElementOrder/finalizers": ["c", "d", "a"],
        finalizers: ["d"],
      },
      { finalizers: ["c", "d", "a"] },
    ],
  ])("%s", (_, document, patch, expected) => {
    expect(applyStrategicMergePatch(document, patch, objectMeta, types)).toEqual(expected);
  });

  test.each<[string, JsonObject, number]>([
    ["an item without its merge key", { containers: [{ image: "x" }] }, 500],
    ["an unknown directive of an item", { containers: [{ name: "main", $patch: "x" }] }, 500],
    ["an unknown directive of a map", { securityContext: { $patch: "x" } }, 400],
    ["an order that is no list", { "$setElementOrder/containers": {} }, 400],
    ["a list of deletions that is no list", { "$deleteFromPrimitiveList/containers": {} }, 400],
    ["members that it does not retain", { $retainKeys: ["a"], hostname: "x" }, 400],
    [
      "items that its own order does not name",
      { "$setElementOrder/containers": [{ name: "main" }], containers: [{ name: "new" }] },
      500,
    ],
    ["items of several kinds", { containers: ["x"] }, 500],
  ])("refuses %s", (_, patch, code) => {
    expect.assertions(1);
    try {
      applyStrategicMergePatch({ containers: [main], securityContext: {} }, patch, podSpec, types);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      expect(error.code).toBe(code);
    }
  });

  test("is a merge patch where there are only maps and scalars", () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    const maps = fc.letrec<{ map: JsonObject }>((tie) => ({
      map: fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.oneof({ maxDepth: 3 }, leaf, tie("map"))),
    })).map;
    const patches = fc.letrec<{ map: JsonObject }>((tie) => ({
      map: fc.dictionary(
        fc.constantFrom("a", "b", "c", "d"),
        fc.oneof({ maxDepth: 3 }, leaf, fc.constant(null), tie("map")),
      ),
    })).map;
    fc.assert(
      fc.property(maps, patches, (document, patch) => {
        expect(applyStrategicMergePatch(document, patch, { type: "object" }, types)).toEqual(
          applyMergePatch(document, patch),
        );
      }),
    );
  });

  test("leaves a document that already has what the patch says", () => {
    const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 });
    fc.assert(
      fc.property(names, names, (live, patched) => {
        const patch = { containers: patched.map((name) => ({ name, image: "new" })) };
        const once = applyStrategicMergePatch(
          { containers: live.map((name) => ({ name })) },
          patch,
          podSpec,
          types,
        );
        expect(applyStrategicMergePatch(once, patch, podSpec, types)).toEqual(once);
      }),
    );
  });
});
