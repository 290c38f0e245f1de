import { isJsonObject } from "./json-value.ts";
import { itemElement } from "./list-item.ts";
import { type MergeType, narrow, type ScalarKind } from "./merge-type.ts";
import { fieldElement, type PathElement } from "./path-element.ts";
import { type ShapeProblem, TypedError } from "./typed-error.ts";

/**
 * Checks that a value has the shape of its type, that no map has members it may not have, and that associative lists
 * have no item twice.
 *
 * @throws TypedError with every problem found.
 */
export function validateShape(value: unknown, type: MergeType): void {
  const problems: ShapeProblem[] = [];
  const path: PathElement[] = [];

  function report(message: string): void {
    problems.push({ path: [...path], message });
  }

  function descend(element: PathElement, child: unknown, childType: MergeType): void {
    path.push(element);
    visit(child, childType);
    path.pop();
  }

  function visit(current: unknown, open: MergeType): void {
    if (current === null || current === undefined) return;
    const { map, scalar, list } = narrow(open, current);
    if (map !== undefined) {
      if (!isJsonObject(current)) return report(`expected map, got ${show(current)}`);
      for (const name of Object.keys(current)) {
        const member = map.field(name) ?? map.element();
        if (member === undefined) {
          path.push(fieldElement(name));
          report("field not declared in schema");
          path.pop();
        } else {
          descend(fieldElement(name), current[name], member);
        }
      }
    } else if (scalar !== undefined) {
      const problem = scalarProblem(scalar, current);
      if (problem !== undefined) report(problem);
    } else if (list !== undefined) {
      if (!Array.isArray(current)) return report(`expected list, got ${show(current)}`);
      const seen = new Set<PathElement>();
      for (const [index, item] of current.entries()) {
        const element = list.associative ? itemElement(list, item) : `i:${index}`;
        if (typeof element !== "string") return report(`element ${index}: ${element.problem}`);
        if (seen.has(element)) report(`duplicate entries for key ${showElement(element)}`);
        seen.add(element);
        descend(element, item, list.element());
      }
    }
  }

  visit(value, type);
  if (problems.length > 0) throw new TypedError(problems);
}

function scalarProblem(kind: ScalarKind, value: unknown): string | undefined {
  switch (kind) {
    case "numeric":
      return typeof value === "number" ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case "string":
      return typeof value === "string" ? undefined : `expected string, got ${show(value)}`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `expected boolean, got ${show(value)}`;
    default:
      return typeof value === "object" ? `expected any scalar, got ${show(value)}` : undefined;
  }
}

function show(value: unknown): string {
  return JSON.stringify(value);
}

function showElement(element: PathElement): string {
  if (element.startsWith("v:")) return `[=${element.slice(2)}]`;
  const keys = Object.entries(JSON.parse(element.slice(2)) as Record<string, unknown>);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
}

/** The words in which clients know the types of JSON values. */
function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  switch (typeof value) {
    case "object":
      return "map[string]interface {}";
    case "boolean":
      return "bool";
    default:
      return typeof value;
  }
}
