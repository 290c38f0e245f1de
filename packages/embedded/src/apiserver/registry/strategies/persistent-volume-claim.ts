import { isDeepStrictEqual } from "node:util";
import type { KubeObject, PersistentVolumeClaim } from "@sandgate/contract";
import { applyDefaults, type DefaultRow } from "../apply-defaults.ts";
import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";
import { forbidden, invalidValue, notSupported, required } from "../field-errors.ts";
import { compareQuantities, parseQuantity } from "../quantity.ts";
import type { ResourceStrategy } from "../resource-definition.ts";
import { checkName, checkOneOf, type Errors, fieldsOf } from "../validation/checks.ts";
import { dnsSubdomain } from "../validation/names.ts";
import { checkQuantity } from "../validation/resources.ts";
import { checkLabelSelector } from "../validation/selectors.ts";

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const DEFAULTS: readonly DefaultRow[] = [["volumeMode", "Filesystem"]];

export const CLAIM_STRATEGY: ResourceStrategy = {
  defaults: defaultClaim,
  prepareCreate(object) {
    (object as PersistentVolumeClaim).status = { phase: "Pending" };
  },
  validate: (object, previous) => [...checkClaim(specOf(object)), ...checkChange(object, previous)],
};

function specOf(object: KubeObject): JsonObject {
  return fieldsOf((object as KubeObject & { spec?: unknown }).spec);
}

function defaultClaim(object: KubeObject): void {
  const { spec } = object as KubeObject & { spec?: unknown };
  if (isJsonObject(spec)) applyDefaults(spec, DEFAULTS);
}

function requested(spec: JsonObject): unknown {
  return fieldsOf(fieldsOf(spec["resources"])["requests"])["storage"];
}

function* checkClaim(spec: JsonObject): Errors {
  const modes = Array.isArray(spec["accessModes"]) ? spec["accessModes"] : [];
  if (modes.length === 0) yield required("spec.accessModes", "at least 1 access mode is required");
  yield* checkLabelSelector("spec.selector", spec["selector"]);
  for (const mode of modes) {
    if (!ACCESS_MODES.includes(mode)) yield notSupported("spec.accessModes", mode, ACCESS_MODES);
  }
  if (modes.includes("ReadWriteOncePod") && modes.some((mode) => mode !== "ReadWriteOncePod")) {
    yield forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes");
  }
  const storage = requested(spec);
  const size = parseQuantity(storage);
  if (size === undefined) yield* checkQuantity("spec.resources[storage]", storage);
  else if (size.digits <= 0n)
    yield invalidValue("spec.resources[storage]", storage, "must be greater than zero");
  yield* checkName("spec.storageClassName", spec["storageClassName"], dnsSubdomain);
  yield* checkOneOf("spec.volumeMode", spec["volumeMode"], ["Block", "Filesystem"]);
}

/** A claim keeps what it asked for; class and volume are named once, and a bound claim may ask for more. */
function* checkChange(object: KubeObject, previous: KubeObject | undefined): Errors {
  if (previous === undefined) return;
  const [next, before] = [specOf(object), specOf(previous)];
  const bound = (object as PersistentVolumeClaim).status?.phase === "Bound";
  const [size, oldSize] = [parseQuantity(requested(next)), parseQuantity(requested(before))];
  if (bound && size !== undefined && oldSize !== undefined && compareQuantities(size, oldSize) < 0) {
    yield forbidden("spec.resources.requests.storage", "field can not be less than previous value");
  }
  const comparable = (spec: JsonObject): JsonObject => {
    const { volumeName, storageClassName, volumeAttributesClassName, resources, ...rest } = spec;
    return {
      ...rest,
      ...(before["storageClassName"] === undefined ? {} : { storageClassName }),
      ...(before["volumeName"] === undefined || before["volumeName"] === "" ? {} : { volumeName }),
      ...(bound ? {} : { volumeAttributesClassName, resources }),
    };
  };
  if (!isDeepStrictEqual(comparable(next), comparable(before))) {
    yield forbidden(
      "spec",
      "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
    );
  }
}
