import type { KubeObject } from "@sandgate/contract";
import { isJsonEqual, isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { forbidden, invalidValue, notSupported, required } from "../registry/field-errors.ts";
import { type Errors, textOf } from "../registry/validation/checks.ts";
import type { FieldError } from "../registry/resource-definition.ts";
import { dns1035Label, dnsSubdomain } from "../registry/validation/names.ts";
import { isAgentSandboxKind } from "./crd-conversion.ts";
import { checkCrdVersion } from "./check-crd-version.ts";

const CONVERSION = "spec.conversion";

/**
 * Checks a CustomResourceDefinition by the rules of kube-apiserver, and in its words. The object may be anything; what
 * has the wrong type is told too.
 */
export function validateCrd(object: KubeObject, previous: KubeObject | undefined): FieldError[] {
  return [...checkCrd(object, previous)];
}

function* checkCrd(object: KubeObject, previous: KubeObject | undefined): Errors {
  const spec = memberOf(object as unknown as JsonObject, "spec");
  if (spec === undefined) {
    yield required("spec");
    return;
  }
  const names = memberOf(spec, "names") ?? {};
  const group = textOf(spec["group"]);
  const plural = textOf(names["plural"]);
  if (object.metadata.name !== `${plural}.${group}`) {
    yield invalidValue(
      "metadata.name",
      object.metadata.name ?? "",
      'must be spec.names.plural+"."+spec.group',
    );
  }
  yield* checkGroup(group);
  yield* checkScope(spec["scope"]);
  yield* checkNames(names);
  yield* checkVersions(spec["versions"]);
  yield* checkConversion(spec, isAgentSandboxKind({ group, plural }));
  if (spec["preserveUnknownFields"] === true) {
    yield invalidValue(
      "spec.preserveUnknownFields",
      true,
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    );
  }
  yield* checkStoredVersions(object as unknown as JsonObject, spec["versions"]);
  yield* checkApproval(object, group);
  if (previous !== undefined) yield* checkUpdate(spec, previous as unknown as JsonObject);
}

function* checkGroup(group: string): Errors {
  if (group === "") yield required("spec.group");
  else {
    const problem = dnsSubdomain(group);
    if (problem !== undefined) yield invalidValue("spec.group", group, problem);
    else if (!group.includes(".")) {
      yield invalidValue("spec.group", group, "should be a domain with at least one dot");
    }
  }
}

function* checkScope(scope: unknown): Errors {
  if (scope === undefined || scope === "") yield required("spec.scope");
  else if (scope !== "Namespaced" && scope !== "Cluster") {
    yield notSupported("spec.scope", scope, ["Cluster", "Namespaced"]);
  }
}

function* checkNames(names: JsonObject): Errors {
  const at = "spec.names";
  for (const name of ["plural", "singular", "kind", "listKind"]) {
    const text = textOf(names[name]);
    if (text === "") yield required(`${at}.${name}`);
    else if (name === "plural" || name === "singular") yield* checkName(`${at}.${name}`, text);
    else yield* checkName(`${at}.${name}`, text, "may have mixed case, but should otherwise match: ");
  }
  for (const list of ["shortNames", "categories"]) {
    for (const [index, name] of elementsOf(names[list])) {
      yield* checkName(`${at}.${list}[${index}]`, textOf(name));
    }
  }
  const kind = textOf(names["kind"]);
  if (kind !== "" && kind === names["listKind"]) {
    yield invalidValue(`${at}.listKind`, kind, "kind and listKind may not be the same");
  }
}

function* checkName(path: string, text: string, mixedCase?: string): Errors {
  const problem = dns1035Label(mixedCase === undefined ? text : text.toLowerCase());
  if (problem !== undefined) yield invalidValue(path, text, (mixedCase ?? "") + problem);
}

function* checkVersions(value: unknown): Errors {
  const versions = elementsOf(value);
  const seen = new Set<string>();
  let stored = 0;
  for (const [index, version] of versions) {
    const at = `spec.versions[${index}]`;
    if (!isJsonObject(version)) {
      yield invalidValue(at, version, "must be an object");
      continue;
    }
    const name = textOf(version["name"]);
    const problem = dns1035Label(name);
    if (problem !== undefined) yield invalidValue(`${at}.name`, name, problem);
    seen.add(name);
    if (version["storage"] === true) stored++;
    yield* checkCrdVersion(version, at);
  }
  if (seen.size < versions.length) {
    yield invalidValue("spec.versions", namesOf(versions), "must contain unique version names");
  }
  if (stored !== 1) {
    yield invalidValue(
      "spec.versions",
      namesOf(versions),
      "must have exactly one version marked as storage version",
    );
  }
}

function namesOf(versions: readonly (readonly [number, unknown])[]): readonly string[] {
  return versions.map(([, version]) => (isJsonObject(version) ? textOf(version["name"]) : ""));
}

function* checkConversion(spec: JsonObject, byServer: boolean): Errors {
  const conversion = memberOf(spec, "conversion");
  if (conversion === undefined) return;
  const { strategy, webhook } = conversion;
  if (strategy === undefined || strategy === "") yield required(`${CONVERSION}.strategy`);
  else if (strategy !== "None" && strategy !== "Webhook") {
    yield notSupported(`${CONVERSION}.strategy`, strategy, ["None", "Webhook"]);
  }
  if (strategy !== "Webhook") {
    if (webhook !== undefined) {
      yield forbidden(`${CONVERSION}.webhook`, "should not be set when strategy is not set to Webhook");
    }
    return;
  }
  if (!isJsonObject(webhook)) {
    yield required(`${CONVERSION}.webhook`, "required when strategy is set to Webhook");
    return;
  }
  yield* checkReviewVersions(webhook["conversionReviewVersions"]);
  const at = `${CONVERSION}.webhook.clientConfig`;
  const client = memberOf(webhook, "clientConfig");
  const { url, service } = client ?? {};
  if (client === undefined) yield required(at, "required when strategy is set to Webhook");
  else if ((url === undefined) === (service === undefined)) {
    yield required(at, "exactly one of url or service is required");
  } else if (service !== undefined && !byServer) {
    // Services have no addresses that the server itself could reach.
    yield forbidden(
      `${at}.service`,
      "this API server cannot reach a webhook by its Service; give the webhook's address in url",
    );
  } else if (url !== undefined) yield* checkUrl(`${at}.url`, url);
}

function* checkReviewVersions(value: unknown): Errors {
  const at = `${CONVERSION}.webhook.conversionReviewVersions`;
  const versions = elementsOf(value);
  if (versions.length === 0) yield required(at);
  else if (!versions.some(([, version]) => version === "v1")) {
    yield invalidValue(at, value, "must include at least one of v1");
  }
}

function* checkUrl(at: string, value: unknown): Errors {
  const text = textOf(value);
  if (!URL.canParse(text)) {
    yield required(at, "url must be a valid URL");
    return;
  }
  const url = new URL(text);
  if (url.protocol !== "https:") {
    yield invalidValue(
      at,
      url.protocol.slice(0, -1),
      "'https' is the only allowed URL scheme; desired format: https://host[/path]",
    );
  }
  if (url.username !== "" || url.password !== "") {
    yield invalidValue(at, url.username, "user information is not permitted in the URL");
  }
  if (url.hash !== "") yield invalidValue(at, url.hash.slice(1), "fragments are not permitted in the URL");
  if (url.search !== "") {
    yield invalidValue(at, url.search.slice(1), "query parameters are not permitted in the URL");
  }
}

function* checkStoredVersions(object: JsonObject, versions: unknown): Errors {
  const stored = memberOf(object, "status")?.["storedVersions"];
  const known = new Set(namesOf(elementsOf(versions)));
  for (const [index, version] of elementsOf(stored)) {
    const name = textOf(version);
    if (known.has(name)) continue;
    yield invalidValue(
      `status.storedVersions[${index}]`,
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
    );
  }
}

/** Groups of Kubernetes' own domains are not for everybody. */
function* checkApproval({ metadata }: KubeObject, group: string): Errors {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return;
  const key = "api-approved.kubernetes.io";
  const value = metadata.annotations?.[key] ?? "";
  const at = `metadata.annotations[${key}]`;
  const link = "https://github.com/kubernetes/enhancements/pull/1111";
  if (value === "") {
    yield required(
      at,
      `protected groups must have approval annotation "api-approved.kubernetes.io", see ${link}`,
    );
  } else if (!value.startsWith("unapproved") && !URL.canParse(value)) {
    yield invalidValue(
      at,
      value,
      `protected groups must have approval annotation "api-approved.kubernetes.io" with either a URL or a reason starting with "unapproved", see ${link}`,
    );
  }
}

function* checkUpdate(spec: JsonObject, previous: JsonObject): Errors {
  const before = memberOf(previous, "spec") ?? {};
  for (const field of ["group", "scope"]) {
    if (spec[field] !== before[field]) {
      yield invalidValue(`spec.${field}`, spec[field], "field is immutable");
    }
  }
  const names = memberOf(spec, "names") ?? {};
  const namesBefore = memberOf(before, "names") ?? {};
  for (const field of ["kind", "plural"]) {
    if (!isJsonEqual(names[field], namesBefore[field])) {
      yield invalidValue(`spec.names.${field}`, names[field], "field is immutable");
    }
  }
}

function memberOf(object: JsonObject, name: string): JsonObject | undefined {
  const value = object[name];
  return isJsonObject(value) ? value : undefined;
}

function elementsOf(value: unknown): readonly (readonly [index: number, element: unknown])[] {
  return Array.isArray(value) ? [...value.entries()] : [];
}
