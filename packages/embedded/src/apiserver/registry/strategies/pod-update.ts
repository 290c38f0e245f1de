import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "@sandgate/contract";
import type { JsonObject } from "../../patch/json-value.ts";
import { forbidden, invalidValue } from "../field-errors.ts";
import type { FieldError } from "../resource-definition.ts";
import { checkRange, elementsOf, type Errors, fieldsOf, textOf } from "../validation/checks.ts";

const UPDATABLE =
  "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
  "`spec.tolerations` (only additions to existing tolerations)," +
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
const MOST_INT32 = 2_147_483_647;
const MOST_DIFFERENCES = 10;

/** What an update of a pod changes that may not change. */
export function validatePodUpdate(object: KubeObject, previous: KubeObject): FieldError[] {
  const next = fieldsOf((object as KubeObject & { spec?: unknown }).spec);
  const before = fieldsOf((previous as KubeObject & { spec?: unknown }).spec);
  return isDeepStrictEqual(next, before) ? [] : [...checkChanges(next, before)];
}

function* checkChanges(next: JsonObject, before: JsonObject): Errors {
  for (const list of ["containers", "initContainers"]) {
    if (lengthOf(next[list]) !== lengthOf(before[list])) {
      yield forbidden(`spec.${list}`, "pod updates may not add or remove containers");
      return;
    }
    for (const [container, at] of elementsOf(next[list], `spec.${list}`)) {
      const image = textOf(container["image"]);
      if (image.trim() !== image) {
        yield invalidValue(`${at}.image`, image, "must not have leading or trailing whitespace");
      }
    }
  }
  yield* checkDeadline(next, before);
  yield* checkTolerations(next, before);
  yield* checkGates(next, before);
  yield* checkRest(next, before);
}

function* checkDeadline(next: JsonObject, before: JsonObject): Errors {
  const path = "spec.activeDeadlineSeconds";
  const [value, old] = [next["activeDeadlineSeconds"], before["activeDeadlineSeconds"]];
  if (typeof value === "number") {
    yield* checkRange(path, value, 0, MOST_INT32);
    if (typeof old === "number" && old < value) {
      yield invalidValue(path, value, "must be less than or equal to previous value");
    }
  } else if (typeof old === "number") {
    yield invalidValue(path, undefined, "must not update from a positive integer to nil value");
  }
}

/** Tolerations may be added; of those there only how long they hold may change. */
function* checkTolerations(next: JsonObject, before: JsonObject): Errors {
  const withoutTime = (list: unknown): JsonObject[] =>
    [...elementsOf(list, "")].map(([toleration]) => {
      const { tolerationSeconds: _, ...rest } = toleration;
      return rest;
    });
  const present = withoutTime(next["tolerations"]);
  const kept = withoutTime(before["tolerations"]).every((old) =>
    present.some((each) => isDeepStrictEqual(each, old)),
  );
  if (!kept) {
    yield forbidden(
      "spec.tolerations",
      "existing toleration can not be modified except its tolerationSeconds",
    );
  }
}

function* checkGates(next: JsonObject, before: JsonObject): Errors {
  const old = new Set([...elementsOf(before["schedulingGates"], "")].map(([gate]) => textOf(gate["name"])));
  for (const [gate, at] of elementsOf(next["schedulingGates"], "spec.schedulingGates")) {
    const name = textOf(gate["name"]);
    if (old.has(name)) continue;
    yield forbidden(`${at}.name`, `only deletion is allowed, but found new scheduling gate '${name}'`);
  }
}

/** Everything else has to be as it was; the first differences are named. */
function* checkRest(next: JsonObject, before: JsonObject): Errors {
  const munged: JsonObject = structuredClone(next);
  for (const field of ["activeDeadlineSeconds", "schedulingGates", "tolerations"])
    keepFrom(munged, before, field);
  for (const list of ["containers", "initContainers"]) {
    const old = [...elementsOf(before[list], "")];
    for (const [index, [container]] of [...elementsOf(munged[list], "")].entries()) {
      keepFrom(container, old[index]?.[0] ?? {}, "image");
    }
  }
  const grace = before["terminationGracePeriodSeconds"];
  if (typeof grace === "number" && grace < 0 && munged["terminationGracePeriodSeconds"] === 1) {
    keepFrom(munged, before, "terminationGracePeriodSeconds");
  }
  // While a gate holds the pod, nobody has scheduled it and its choice of nodes may still be narrowed.
  if (lengthOf(before["schedulingGates"]) > 0) {
    const [chosen, old] = [fieldsOf(next["nodeSelector"]), fieldsOf(before["nodeSelector"])];
    if (!Object.entries(old).every(([key, value]) => chosen[key] === value)) {
      const why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
      yield invalidValue("spec.nodeSelector", next["nodeSelector"], why);
    }
    keepFrom(munged, before, "nodeSelector");
  }
  const differences = [...differencesOf("spec", before, munged)].slice(0, MOST_DIFFERENCES);
  if (differences.length > 0) {
    yield forbidden(
      "spec",
      `pod updates may not change fields other than ${UPDATABLE}\n${differences.join("\n")}`,
    );
  }
}

function keepFrom(target: JsonObject, source: JsonObject, field: string): void {
  if (source[field] === undefined) delete target[field];
  else target[field] = source[field];
}

/** Lines such as `spec.hostname: "a" -> "b"`. */
function* differencesOf(path: string, before: unknown, after: unknown): Iterable<string> {
  if (isDeepStrictEqual(before, after)) return;
  const both = typeof before === "object" && typeof after === "object" && before !== null && after !== null;
  if (!both || Array.isArray(before) !== Array.isArray(after)) {
    yield `${path}: ${JSON.stringify(before) ?? "unset"} -> ${JSON.stringify(after) ?? "unset"}`;
    return;
  }
  const [left, right] = [before as JsonObject, after as JsonObject];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    yield* differencesOf(Array.isArray(before) ? `${path}[${key}]` : `${path}.${key}`, left[key], right[key]);
  }
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}
