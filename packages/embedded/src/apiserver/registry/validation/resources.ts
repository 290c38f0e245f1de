import { forbidden, invalidValue, required } from "../field-errors.ts";
import { canonicalQuantity, compareQuantities, parseQuantity } from "../quantity.ts";
import { type Errors, fieldsOf } from "./checks.ts";
import { qualifiedName } from "./names.ts";

const STANDARD = new Set(["cpu", "memory", "ephemeral-storage"]);
/** Resources without a domain that something else than a container has. */
const TYPES = ["storage", "pods", "services", "replicationcontrollers", "resourcequotas", "secrets"];
const WHOLE = "must be an integer";
const NOT_NEGATIVE = "must be greater than or equal to 0";
const SYNTAX = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Limits and requests of a container or, with `pod`, of a whole pod. */
export function* checkResources(path: string, value: unknown, forPod = false): Errors {
  const resources = fieldsOf(value);
  const limits = fieldsOf(resources["limits"]);
  for (const [name, amount] of Object.entries(limits)) {
    yield* checkAmount(`${path}.limits[${name}]`, name, amount, forPod);
  }
  for (const [name, amount] of Object.entries(fieldsOf(resources["requests"]))) {
    const at = `${path}.requests[${name}]`;
    yield* checkAmount(at, name, amount, forPod);
    if (name.includes("/") && limits[name] === undefined) {
      yield required(`${path}.limits`, "Limit must be set for non overcommitable resources");
    }
    const request = parseQuantity(amount);
    const limit = parseQuantity(limits[name]);
    if (request === undefined || limit === undefined) continue;
    const order = compareQuantities(request, limit);
    // What can't be shared is either given in full or not at all.
    if (order !== 0 && !isSharable(name)) {
      yield invalidValue(
        `${path}.requests`,
        amount,
        `must be equal to ${name} limit of ${String(limits[name])}`,
      );
    } else if (order > 0) {
      yield invalidValue(
        `${path}.requests`,
        amount,
        `must be less than or equal to ${name} limit of ${String(limits[name])}`,
      );
    }
  }
  const claims = resources["claims"];
  if (Array.isArray(claims) && claims.length > 0) {
    yield forbidden(`${path}.claims`, "resource claims are not supported by this API server");
  }
}

/** A resource's name as such, wherever it stands. `known` are those that need no domain. */
export function* checkResourceName(path: string, name: string, known: Iterable<string>): Errors {
  const problem = qualifiedName(name);
  if (problem !== undefined) yield invalidValue(path, name, problem);
  else if (!name.includes("/") && !name.startsWith("hugepages-") && !new Set(known).has(name)) {
    yield invalidValue(path, name, "must be a standard resource type or fully qualified");
  }
}

function isSharable(name: string): boolean {
  return !name.includes("/") && !name.startsWith("hugepages-");
}

function* checkAmount(path: string, name: string, amount: unknown, forPod: boolean): Errors {
  yield* checkResourceName(path, name, [...STANDARD, ...TYPES]);
  if (!name.includes("/") && !STANDARD.has(name) && !name.startsWith("hugepages-")) {
    yield invalidValue(path, name, `must be a standard resource for ${forPod ? "pods" : "containers"}`);
  }
  yield* checkQuantity(path, amount, name.includes("/"));
}

/** A quantity that is there, can be read, and is not negative. */
export function* checkQuantity(path: string, amount: unknown, whole = false): Errors {
  if (amount === undefined || amount === null) {
    yield required(path);
    return;
  }
  const quantity = parseQuantity(amount);
  if (quantity === undefined) {
    yield invalidValue(path, amount, SYNTAX);
    return;
  }
  if (quantity.digits < 0n) yield invalidValue(path, amount, NOT_NEGATIVE);
  const fraction = quantity.scale > 0 && quantity.digits % 10n ** BigInt(quantity.scale) !== 0n;
  if (whole && fraction) yield invalidValue(path, canonicalQuantity(amount), WHOLE);
}
