import { readdirSync, readFileSync } from "node:fs";
import type { KubeObject } from "@sandgate/contract";
import { describe, expect, test } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import { ApiError } from "../server/api-error.ts";
import {
  applyJsonPatch,
  applyMergePatch,
  applyServerSide,
  applyStrategicMergePatch,
  recordUpdate,
} from "./index.ts";
import { isJsonEqual, type JsonObject } from "./json-value.ts";
import { definitionFor } from "./fixtures/definitions.ts";

/**
 * What kube-apiserver 1.36 answered to a sequence of writes to one object. `request` of an update is the object as sent,
 * without managedFields where they are those of the state before.
 */
interface Sequence {
  readonly about: string;
  readonly kind: string;
  readonly steps: readonly Step[];
}

interface Step {
  readonly verb: "create" | "update" | "apply" | "merge" | "json" | "strategic";
  readonly manager: string;
  readonly force?: true;
  readonly subresource?: "status";
  readonly time: string;
  readonly request: unknown;
  readonly object?: KubeObject;
  readonly unchanged?: true;
  readonly error?: { code: number; message: string; causes?: unknown };
}

const types = createSchemaTable();
const folder = new URL("fixtures/", import.meta.url);
const sequences = readdirSync(folder)
  .filter((file) => file.endsWith(".json") && !file.endsWith("-schema.json"))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Sequence);

describe.each(sequences)("$about", ({ kind, steps }) => {
  const states: (KubeObject | undefined)[] = [undefined];
  for (const step of steps) states.push(step.object ?? states.at(-1));

  test.each(steps.map((step, index) => ({ step, index, ...step })))(
    "answers as a real API server to step $index: $verb by $manager",
    ({ step, index }) => {
      const live = states[index];
      const expected = states[index + 1];
      const options = {
        definition: definitionFor(kind, types),
        types,
        manager: step.manager,
        subresource: step.subresource,
        nowMs: Date.parse(step.time),
      };
      const before = structuredClone(live);
      if (step.verb === "apply") {
        const applied = step.request as KubeObject;
        const apply = (): KubeObject =>
          applyServerSide({ live, applied, force: step.force ?? false, ...options });
        if (step.error !== undefined) return expectFailure(apply, step.error);
        const result = apply();
        expect(result.metadata.managedFields).toEqual(expected?.metadata.managedFields);
        if (step.subresource === undefined) expect(missing(withoutStatus(result), expected, "")).toEqual([]);
        expect(result === live).toBe(step.unchanged === true);
      } else {
        // The recorded state has the server's defaults, which are not this module's part.
        const patched = patch(step, live, kind);
        if (step.subresource === undefined) expect(missing(withoutStatus(patched), expected, "")).toEqual([]);
        const next = structuredClone(expected) as KubeObject;
        delete next.metadata.managedFields;
        const sent = step.verb === "create" ? undefined : patched.metadata.managedFields;
        if (sent !== undefined) next.metadata.managedFields = sent;
        recordUpdate({ previous: live, next, ...options });
        expect(next.metadata.managedFields).toEqual(expected?.metadata.managedFields);
      }
      expect(live).toEqual(before);
    },
  );
});

function patch(step: Step, live: KubeObject | undefined, kind: string): KubeObject {
  switch (step.verb) {
    case "merge":
      return applyMergePatch(live, step.request) as KubeObject;
    case "json":
      return applyJsonPatch(live, step.request) as KubeObject;
    case "strategic": {
      const { schema } = definitionFor(kind, types);
      return applyStrategicMergePatch(
        live as unknown as JsonObject,
        step.request,
        schema,
        types,
      ) as unknown as KubeObject;
    }
    default:
      return step.request as KubeObject;
  }
}

function expectFailure(action: () => unknown, expected: NonNullable<Step["error"]>): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect({ code: error.code, causes: error.details?.causes }).toEqual({
      code: expected.code,
      causes: expected.causes,
    });
    expect(error.message).toBe(expected.message);
    return;
  }
  expect.unreachable(`should fail with ${expected.message}`);
}

function withoutStatus(object: KubeObject): unknown {
  const { status: _, ...rest } = object as KubeObject & { status?: unknown };
  const { managedFields: __, ...metadata } = rest.metadata;
  return { ...rest, metadata };
}

/** Where `part` is not in `whole`, which may have more members but no more items. */
function missing(part: unknown, whole: unknown, path: string): string[] {
  if (part === null || part === undefined || isJsonEqual(part, {})) return [];
  if (typeof part !== "object") return part === whole ? [] : [`${path}: ${JSON.stringify({ part, whole })}`];
  if (typeof whole !== "object" || whole === null) return [path];
  if (Array.isArray(part) && (!Array.isArray(whole) || whole.length !== part.length)) return [path];
  return Object.entries(part).flatMap(([name, value]) =>
    missing(value, (whole as JsonObject)[name], `${path}.${name}`),
  );
}
