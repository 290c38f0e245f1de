import { isJsonEqual, isJsonObject } from "../../patch/json-value.ts";
import { duplicate, forbidden, invalidValue, required } from "../../registry/field-errors.ts";
import type { FieldError } from "../../registry/resource-definition.ts";
import { correlatedItem } from "../correlate.ts";
import type { Schema, ValidationRule } from "../schema.ts";
import { memberPath, memberSchema } from "../schema-walk.ts";
import { ruleCost } from "./rule-cost.ts";
import { type PreparedRule, prepareRule } from "./prepare-rule.ts";

/** What one rule, and all rules of one object, may cost. The unit is about a step of the evaluator. */
const MOST_PER_RULE = 1_000_000;
const MOST_PER_OBJECT = 10_000_000;
/** How Kubernetes prints the path of the object itself. */
const NOWHERE = "<nil>";

interface Checking {
  readonly errors: FieldError[];
  budget: number;
}

const withRules = new WeakMap<Schema, boolean>();

/**
 * Checks an object by the CEL rules of its schema. Rules about how a value was before are checked where there is a
 * value that it was; in lists, where elements have keys.
 *
 * @param previous - The object as it was, for an update.
 */
export function checkRules(object: unknown, schema: Schema, previous: unknown): FieldError[] {
  if (!hasRules(schema)) return [];
  const checking: Checking = { errors: [], budget: MOST_PER_OBJECT };
  check(checking, object, schema, "", previous, previous !== undefined);
  return checking.errors;
}

/** @param correlated - Whether the place is one where an old value can be told from a new one. */
function check(
  checking: Checking,
  value: unknown,
  schema: Schema,
  path: string,
  previous: unknown,
  correlated: boolean,
): void {
  if (value === null || value === undefined || !hasRules(schema)) return;
  const { errors } = checking;
  const rules = schema["x-kubernetes-validations"] ?? [];
  if (rules.length > 0) {
    const unchanged = correlated && previous !== undefined && isJsonEqual(value, previous);
    for (const rule of rules) checkRule(checking, { value, schema, path, previous, unchanged }, rule);
  }
  if (checking.budget < 0) return;
  if (Array.isArray(value)) {
    if (schema.items === undefined || !hasRules(schema.items)) return;
    for (const [index, element] of value.entries()) {
      const old = previous === undefined ? undefined : correlatedItem(schema, element, previous);
      const keyed = correlated && schema["x-kubernetes-list-type"] === "map";
      check(checking, element, schema.items, `${path}[${index}]`, keyed ? old : undefined, keyed);
    }
  } else if (isJsonObject(value)) {
    const atomic = schema["x-kubernetes-map-type"] === "atomic";
    for (const name in value) {
      const member = memberSchema(schema, name);
      if (member === undefined || !hasRules(member)) continue;
      const named = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
      const at = named ? memberPath(path, name) : `${path}[${name}]`;
      const old = isJsonObject(previous) && Object.hasOwn(previous, name) ? previous[name] : undefined;
      check(checking, value[name], member, at, atomic ? undefined : old, correlated && !atomic);
    }
  }
  if (errors.length > 100) checking.budget = -1;
}

interface Place {
  readonly value: unknown;
  readonly schema: Schema;
  readonly path: string;
  readonly previous: unknown;
  readonly unchanged: boolean;
}

function checkRule(checking: Checking, place: Place, rule: ValidationRule): void {
  const prepared = prepareRule(rule);
  if (prepared.kind === "open" || checking.budget < 0) return;
  const { value, previous, unchanged } = place;
  if (prepared.kind === "known") {
    if (previous !== undefined && !unchanged && !prepared.holds(value, previous)) {
      report(checking, place, rule, defaultMessage(rule));
    }
    return;
  }
  const { program } = prepared;
  const optional = rule.optionalOldSelf === true;
  if (program.usesOldSelf ? previous === undefined && !optional : unchanged) return;
  const cost = ruleCost(program.analysis, value, previous);
  if (cost > MOST_PER_RULE) {
    reportFailure(
      checking,
      place,
      `'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${rule.rule}`,
    );
    checking.budget = -1;
    return;
  }
  checking.budget -= cost;
  if (checking.budget < 0) {
    reportFailure(
      checking,
      place,
      "validation failed due to running out of cost budget, no further validation rules will be run",
    );
    return;
  }
  evaluate(checking, place, prepared);
}

function evaluate(
  checking: Checking,
  place: Place,
  { rule, program, message }: Extract<PreparedRule, { kind: "compiled" }>,
): void {
  const variables = {
    self: place.value,
    oldSelf: place.previous,
    schema: place.schema,
    isRoot: place.path === "",
    optionalOldSelf: rule.optionalOldSelf === true,
  };
  const result = program.evaluate(variables);
  if (result === true) return;
  if (result instanceof Error) {
    const problem = result.message.replace("field not found:", "no such key:");
    reportFailure(checking, place, `${problem} evaluating rule: ${rule.message ?? rule.rule}`);
    return;
  }
  const text = message?.evaluate(variables);
  const usable = typeof text === "string" && text.trim() !== "" && !text.includes("\n");
  report(checking, place, rule, usable ? text : defaultMessage(rule));
}

function defaultMessage({ rule, message }: ValidationRule): string {
  const text = message?.trim() ?? "";
  return text === "" ? `failed rule: ${rule.trim()}` : text;
}

/** Reports that a rule does not hold. */
function report(
  { errors }: Checking,
  { path, value }: Place,
  { reason, fieldPath }: ValidationRule,
  message: string,
): void {
  const field = ((fieldPath ?? "") === "" ? path : path + (fieldPath ?? "").trim()).replace(/^\./, "");
  const at = field === "" ? NOWHERE : field;
  const isScalar = !isJsonObject(value) && !Array.isArray(value);
  switch (reason) {
    case "FieldValueForbidden":
      errors.push(forbidden(at, message));
      return;
    case "FieldValueRequired":
      errors.push(required(at, message));
      return;
    case "FieldValueDuplicate":
      errors.push(isScalar ? duplicate(at, value) : { field: at, reason, message: "Duplicate value" });
      return;
    default:
      // Objects and lists are not shown: who wrote them knows them, and they are long.
      errors.push(
        isScalar
          ? invalidValue(at, value, message)
          : { field: at, reason: "FieldValueInvalid", message: `Invalid value: ${message}` },
      );
  }
}

/** Reports that a rule could not be checked to its end, which counts as not holding. */
function reportFailure({ errors }: Checking, { path, schema }: Place, message: string): void {
  errors.push(invalidValue(path === "" ? NOWHERE : path, schema.type ?? "", message));
}

/** Whether there is a rule anywhere in a schema; most places have none. */
export function hasRules(schema: Schema): boolean {
  const known = withRules.get(schema);
  if (known !== undefined) return known;
  withRules.set(schema, false);
  const { properties, items, additionalProperties } = schema;
  const found =
    (schema["x-kubernetes-validations"] ?? []).length > 0 ||
    Object.values(properties ?? {}).some(hasRules) ||
    (items !== undefined && hasRules(items)) ||
    (typeof additionalProperties === "object" && hasRules(additionalProperties));
  withRules.set(schema, found);
  return found;
}
