import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { duplicate, invalidValue, required, tooMany } from "../registry/field-errors.ts";
import type { Errors } from "../registry/validation/checks.ts";
import { compileJsonPath } from "../table/json-path.ts";
import { checkStructuralSchema } from "./check-structural-schema.ts";

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
const MOST_SELECTABLE = 8;
/** What a schema may say at its root where there is a status subresource. */
const ROOT_WITH_STATUS = new Set([
  "description",
  "type",
  "properties",
  "required",
  "title",
  "format",
  "example",
  "externalDocs",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-validations",
]);

/** Checks one version of a CustomResourceDefinition. */
export function* checkCrdVersion(version: JsonObject, at: string): Errors {
  const { deprecationWarning } = version;
  if (deprecationWarning !== undefined) {
    if (version["deprecated"] !== true) {
      yield invalidValue(
        `${at}.deprecationWarning`,
        deprecationWarning,
        "can only be set for deprecated versions",
      );
    } else if (typeof deprecationWarning !== "string" || deprecationWarning === "") {
      yield invalidValue(`${at}.deprecationWarning`, deprecationWarning, "must not be an empty string");
    } else if (deprecationWarning.length > 256) {
      yield invalidValue(`${at}.deprecationWarning`, deprecationWarning, "must be <= 256 characters long");
    }
  }
  const schema = isJsonObject(version["schema"]) ? version["schema"]["openAPIV3Schema"] : undefined;
  const schemaAt = `${at}.schema.openAPIV3Schema`;
  if (!isJsonObject(schema)) yield required(schemaAt);
  else {
    yield* checkStructuralSchema(schema, schemaAt);
    const subresources = version["subresources"];
    if (isJsonObject(subresources) && subresources["status"] !== undefined) yield* checkRoot(schema, at);
  }
  yield* checkSubresources(version["subresources"], `${at}.subresources`);
  yield* checkColumns(version["additionalPrinterColumns"], `${at}.additionalPrinterColumns`);
  yield* checkSelectable(version["selectableFields"], schema, `${at}.selectableFields`);
}

function* checkRoot(schema: JsonObject, at: string): Errors {
  const others = Object.keys(schema).filter((name) => !ROOT_WITH_STATUS.has(name));
  if (others.length > 0) {
    yield invalidValue(
      `${at}.schema.openAPIV3Schema`,
      others,
      `only ${[...ROOT_WITH_STATUS].slice(0, 8).join(", ")} fields are allowed at the root of the schema if the status subresource is enabled`,
    );
  }
}

function* checkSubresources(value: unknown, at: string): Errors {
  const scale = isJsonObject(value) ? value["scale"] : undefined;
  if (!isJsonObject(scale)) return;
  const paths = [
    ["specReplicasPath", [".spec."], "should be a json path under .spec"],
    ["statusReplicasPath", [".status."], "should be a json path under .status"],
    ["labelSelectorPath", [".spec.", ".status."], "should be a json path under either .spec or .status"],
  ] as const;
  for (const [name, roots, message] of paths) {
    const path = scale[name];
    if (path === undefined || path === "") {
      if (name !== "labelSelectorPath") yield required(`${at}.scale.${name}`);
      continue;
    }
    const problem = pathProblem(path);
    if (problem !== undefined) yield invalidValue(`${at}.scale.${name}`, path, problem);
    else if (!roots.some((root) => typeof path === "string" && path.startsWith(root))) {
      yield invalidValue(`${at}.scale.${name}`, path, message);
    }
  }
}

function pathProblem(path: unknown): string | undefined {
  if (typeof path !== "string" || path === "") return "must not be empty";
  if (!path.startsWith(".")) return "must be a simple json path starting with .";
  return /[[\]()*'"?@]/.test(path) ? "must be a json path in the dot notation" : undefined;
}

function* checkColumns(value: unknown, at: string): Errors {
  if (!Array.isArray(value)) return;
  for (const [index, column] of value.entries()) {
    const path = `${at}[${index}]`;
    const { name, type, format, jsonPath } = isJsonObject(column) ? column : {};
    if (name === undefined || name === "") yield required(`${path}.name`);
    const types = `must be one of ${COLUMN_TYPES.join(",")}`;
    if (type === undefined || type === "") yield required(`${path}.type`, types);
    else if (!COLUMN_TYPES.some((each) => each === type)) yield invalidValue(`${path}.type`, type, types);
    if (format !== undefined && format !== "" && !COLUMN_FORMATS.some((each) => each === format)) {
      yield invalidValue(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(",")}`);
    }
    if (typeof jsonPath !== "string" || jsonPath === "") yield required(`${path}.JSONPath`);
    else {
      const problem = columnPathProblem(jsonPath);
      if (problem !== undefined) yield invalidValue(`${path}.JSONPath`, jsonPath, problem);
    }
  }
}

/** A column that cannot be read would make every list of the kind fail, so it is refused here. */
function columnPathProblem(path: string): string | undefined {
  if (!path.startsWith(".")) return "must be a simple json path starting with .";
  try {
    compileJsonPath(path);
    return undefined;
  } catch (error) {
    return `is an invalid path: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function* checkSelectable(value: unknown, schema: unknown, at: string): Errors {
  if (!Array.isArray(value)) return;
  const seen = new Set<string>();
  for (const [index, field] of value.entries()) {
    const path = `${at}[${index}].jsonPath`;
    const text = isJsonObject(field) ? field["jsonPath"] : undefined;
    if (typeof text !== "string" || text === "") {
      yield required(path);
      continue;
    }
    const problem = pathProblem(text);
    if (problem !== undefined) {
      yield invalidValue(path, text, `is an invalid path: ${problem}`);
      continue;
    }
    if (text === ".metadata" || text.startsWith(".metadata.")) {
      yield invalidValue(path, text, "must not point to fields in metadata");
      continue;
    }
    if (!isSelectable(schema, text)) {
      yield invalidValue(
        path,
        text,
        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
      );
    }
    if (seen.has(text)) yield duplicate(path, text);
    seen.add(text);
  }
  if (seen.size > MOST_SELECTABLE) yield tooMany(at, seen.size, MOST_SELECTABLE);
}

function isSelectable(schema: unknown, path: string): boolean {
  let at = schema;
  for (const step of path.split(".").slice(1)) {
    const properties = isJsonObject(at) ? at["properties"] : undefined;
    at = isJsonObject(properties) && Object.hasOwn(properties, step) ? properties[step] : undefined;
  }
  return isJsonObject(at) && ["string", "boolean", "integer"].includes(String(at["type"]));
}
