import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";
import { invalidValue, notSupported, required } from "../field-errors.ts";
import { checkRequiredName, elementsOf, type Errors, fieldsOf, textOf } from "../validation/checks.ts";
import { configKey, dnsSubdomain, envName, qualifiedName } from "../validation/names.ts";

const ENV_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const RESOURCES = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const SOURCES = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] as const;
/** JsonObject that could be named, of which a place supports some. */
const KNOWN_FIELDS = new Set([
  ...ENV_FIELDS,
  "metadata.annotations",
  "metadata.labels",
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
]);
const SUBSCRIPT = /^(metadata\.(?:labels|annotations)|[^[]*)\['([^']*)'\]$/;

/** Environment variables of a container. */
export function* checkEnv(path: string, variables: unknown): Errors {
  for (const [variable, at] of elementsOf(variables, path)) {
    const name = textOf(variable["name"]);
    const problem = name === "" ? undefined : envName(name);
    if (name === "") yield required(`${at}.name`);
    else if (problem !== undefined) yield invalidValue(`${at}.name`, name, problem);
    if (isJsonObject(variable["valueFrom"]))
      yield* checkValueFrom(`${at}.valueFrom`, variable, variable["valueFrom"]);
  }
}

/** Sources of many environment variables. */
export function* checkEnvFrom(path: string, sources: unknown): Errors {
  for (const [source, at] of elementsOf(sources, path)) {
    const prefix = textOf(source["prefix"]);
    const problem = prefix === "" ? undefined : envName(prefix);
    if (problem !== undefined) yield invalidValue(`${at}.prefix`, prefix, problem);
    const given = ["configMapRef", "secretRef"].filter((key) => isJsonObject(source[key]));
    for (const key of given)
      yield* checkRequiredName(`${at}.${key}.name`, fieldsOf(source[key])["name"], dnsSubdomain);
    if (given.length === 0)
      yield invalidValue(path, "", "must specify one of: `configMapRef` or `secretRef`");
    if (given.length > 1)
      yield invalidValue(path, "", "may not have more than one field specified at a time");
  }
}

function* checkValueFrom(path: string, variable: JsonObject, from: JsonObject): Errors {
  const given = SOURCES.filter((source) => isJsonObject(from[source]));
  for (const source of given) {
    const at = `${path}.${source}`;
    const reference = fieldsOf(from[source]);
    if (source === "fieldRef") yield* checkFieldRef(at, reference, ENV_FIELDS);
    else if (source === "resourceFieldRef") yield* checkResourceFieldRef(at, reference, false);
    else yield* checkKeyRef(at, reference, source === "fileKeyRef" ? "volumeName" : "name");
  }
  if (given.length === 0) {
    yield invalidValue(
      path,
      "",
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
    );
  } else if (textOf(variable["value"]) !== "") {
    yield invalidValue(path, "", "may not be specified when `value` is not empty");
  } else if (given.length > 1)
    yield invalidValue(path, "", "may not have more than one field specified at a time");
}

function* checkKeyRef(path: string, reference: JsonObject, named: string): Errors {
  const name = textOf(reference[named]);
  const nameProblem = dnsSubdomain(name);
  if (nameProblem !== undefined) yield invalidValue(`${path}.${named}`, name, nameProblem);
  const key = textOf(reference["key"]);
  const problem = key === "" ? undefined : configKey(key);
  if (key === "") yield required(`${path}.key`);
  else if (problem !== undefined) yield invalidValue(`${path}.key`, key, problem);
}

/** A reference to a field of the pod itself. `supported` are the fields that its place may name. */
export function* checkFieldRef(path: string, reference: JsonObject, supported: readonly string[]): Errors {
  const fieldPath = textOf(reference["fieldPath"]);
  if (textOf(reference["apiVersion"]) === "") {
    yield required(`${path}.apiVersion`);
    return;
  }
  if (fieldPath === "") {
    yield required(`${path}.fieldPath`);
    return;
  }
  const at = `${path}.fieldPath`;
  const [, base, key] = SUBSCRIPT.exec(fieldPath) ?? [];
  if (base === undefined || key === undefined) {
    if (!KNOWN_FIELDS.has(fieldPath)) {
      yield invalidValue(
        at,
        fieldPath,
        `error converting fieldPath: field label not supported: ${fieldPath}`,
      );
    } else if (!supported.includes(fieldPath)) yield notSupported(at, fieldPath, supported);
    return;
  }
  if (base !== "metadata.labels" && base !== "metadata.annotations") {
    const why = `field label does not support subscript: ${fieldPath}`;
    yield invalidValue(at, fieldPath, `error converting fieldPath: ${why}`);
    return;
  }
  const problem = qualifiedName(base === "metadata.annotations" ? key.toLowerCase() : key);
  if (problem !== undefined) yield invalidValue(path, key, problem);
}

/** A reference to a container's limit or request; a volume has to say of which container. */
export function* checkResourceFieldRef(path: string, reference: JsonObject, volume: boolean): Errors {
  const resource = textOf(reference["resource"]);
  if (volume && textOf(reference["containerName"]) === "") yield required(`${path}.containerName`);
  else if (resource === "") yield required(`${path}.resource`);
  else if (!RESOURCES.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    yield notSupported(`${path}.resource`, resource, RESOURCES);
  }
}
