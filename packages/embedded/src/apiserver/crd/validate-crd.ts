import type { KubeObject } from "@sandgate/contract";
import { isJsonEqual, isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { forbidden, invalidValue, notSupported, required } from "../registry/field-errors.ts";
import type { FieldError } from "../registry/resource-definition.ts";
import { textOf } from "../registry/validation/checks.ts";
import { dns1035Label, dnsSubdomain } from "../registry/validation/names.ts";
import { isAgentSandboxKind } from "./crd-conversion.ts";
import { validateCrdVersion } from "./validate-crd-version.ts";

const CONVERSION = "spec.conversion";

/**
 * Checks a CustomResourceDefinition by the rules of kube-apiserver, and in its words. The object may be anything; what
 * has the wrong type is told too.
 */
export function validateCrd(object: KubeObject, previous: KubeObject | undefined): FieldError[] {
  const spec = memberOf(object as unknown as JsonObject, "spec");
  const errors: FieldError[] = [];
  if (spec === undefined) return [required("spec")];
  const names = memberOf(spec, "names") ?? {};
  const group = textOf(spec["group"]);
  const plural = textOf(names["plural"]);
  if (object.metadata.name !== `${plural}.${group}`) {
    errors.push(
      invalidValue("metadata.name", object.metadata.name ?? "", 'must be spec.names.plural+"."+spec.group'),
    );
  }
  validateGroup(errors, group);
  validateScope(errors, spec["scope"]);
  validateNames(errors, names);
  validateVersions(errors, spec["versions"]);
  validateConversion(errors, spec, isAgentSandboxKind({ group, plural }));
  if (spec["preserveUnknownFields"] === true) {
    errors.push(
      invalidValue(
        "spec.preserveUnknownFields",
        true,
        "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
      ),
    );
  }
  validateStoredVersions(errors, object as unknown as JsonObject, spec["versions"]);
  validateApproval(errors, object, group);
  if (previous !== undefined) validateUpdate(errors, spec, previous as unknown as JsonObject);
  return errors;
}

function validateGroup(errors: FieldError[], group: string): void {
  if (group === "") errors.push(required("spec.group"));
  else {
    const problem = dnsSubdomain(group);
    if (problem !== undefined) errors.push(invalidValue("spec.group", group, problem));
    else if (!group.includes(".")) {
      errors.push(invalidValue("spec.group", group, "should be a domain with at least one dot"));
    }
  }
}

function validateScope(errors: FieldError[], scope: unknown): void {
  if (scope === undefined || scope === "") errors.push(required("spec.scope"));
  else if (scope !== "Namespaced" && scope !== "Cluster") {
    errors.push(notSupported("spec.scope", scope, ["Cluster", "Namespaced"]));
  }
}

function validateNames(errors: FieldError[], names: JsonObject): void {
  const at = "spec.names";
  for (const name of ["plural", "singular", "kind", "listKind"]) {
    const text = textOf(names[name]);
    if (text === "") errors.push(required(`${at}.${name}`));
    else if (name === "plural" || name === "singular") checkName(errors, `${at}.${name}`, text);
    else checkName(errors, `${at}.${name}`, text, "may have mixed case, but should otherwise match: ");
  }
  for (const list of ["shortNames", "categories"]) {
    for (const [index, name] of elementsOf(names[list])) {
      checkName(errors, `${at}.${list}[${index}]`, textOf(name));
    }
  }
  const kind = textOf(names["kind"]);
  if (kind !== "" && kind === names["listKind"]) {
    errors.push(invalidValue(`${at}.listKind`, kind, "kind and listKind may not be the same"));
  }
}

function checkName(errors: FieldError[], path: string, text: string, mixedCase?: string): void {
  const problem = dns1035Label(mixedCase === undefined ? text : text.toLowerCase());
  if (problem !== undefined) errors.push(invalidValue(path, text, (mixedCase ?? "") + problem));
}

function validateVersions(errors: FieldError[], value: unknown): void {
  const versions = elementsOf(value);
  const seen = new Set<string>();
  let stored = 0;
  for (const [index, version] of versions) {
    const at = `spec.versions[${index}]`;
    if (!isJsonObject(version)) {
      errors.push(invalidValue(at, version, "must be an object"));
      continue;
    }
    const name = textOf(version["name"]);
    const problem = dns1035Label(name);
    if (problem !== undefined) errors.push(invalidValue(`${at}.name`, name, problem));
    seen.add(name);
    if (version["storage"] === true) stored++;
    validateCrdVersion(errors, version, at);
  }
  if (seen.size < versions.length) {
    errors.push(invalidValue("spec.versions", namesOf(versions), "must contain unique version names"));
  }
  if (stored !== 1) {
    errors.push(
      invalidValue(
        "spec.versions",
        namesOf(versions),
        "must have exactly one version marked as storage version",
      ),
    );
  }
}

function namesOf(versions: readonly (readonly [number, unknown])[]): readonly string[] {
  return versions.map(([, version]) => (isJsonObject(version) ? textOf(version["name"]) : ""));
}

function validateConversion(errors: FieldError[], spec: JsonObject, byServer: boolean): void {
  const conversion = memberOf(spec, "conversion");
  if (conversion === undefined) return;
  const { strategy, webhook } = conversion;
  if (strategy === undefined || strategy === "") errors.push(required(`${CONVERSION}.strategy`));
  else if (strategy !== "None" && strategy !== "Webhook") {
    errors.push(notSupported(`${CONVERSION}.strategy`, strategy, ["None", "Webhook"]));
  }
  if (strategy !== "Webhook") {
    if (webhook !== undefined) {
      errors.push(
        forbidden(`${CONVERSION}.webhook`, "should not be set when strategy is not set to Webhook"),
      );
    }
    return;
  }
  if (!isJsonObject(webhook)) {
    errors.push(required(`${CONVERSION}.webhook`, "required when strategy is set to Webhook"));
    return;
  }
  validateReviewVersions(errors, webhook["conversionReviewVersions"]);
  const at = `${CONVERSION}.webhook.clientConfig`;
  const client = memberOf(webhook, "clientConfig");
  const { url, service } = client ?? {};
  if (client === undefined) errors.push(required(at, "required when strategy is set to Webhook"));
  else if ((url === undefined) === (service === undefined)) {
    errors.push(required(at, "exactly one of url or service is required"));
  } else if (service !== undefined && !byServer) {
    // Services have no addresses that the server itself could reach.
    errors.push(
      forbidden(
        `${at}.service`,
        "this API server cannot reach a webhook by its Service; give the webhook's address in url",
      ),
    );
  } else if (url !== undefined) validateUrl(errors, `${at}.url`, url);
}

function validateReviewVersions(errors: FieldError[], value: unknown): void {
  const at = `${CONVERSION}.webhook.conversionReviewVersions`;
  const versions = elementsOf(value);
  if (versions.length === 0) errors.push(required(at));
  else if (!versions.some(([, version]) => version === "v1")) {
    errors.push(invalidValue(at, value, "must include at least one of v1"));
  }
}

function validateUrl(errors: FieldError[], at: string, value: unknown): void {
  const text = textOf(value);
  if (!URL.canParse(text)) {
    errors.push(required(at, "url must be a valid URL"));
    return;
  }
  const url = new URL(text);
  if (url.protocol !== "https:") {
    errors.push(
      invalidValue(
        at,
        url.protocol.slice(0, -1),
        "'https' is the only allowed URL scheme; desired format: https://host[/path]",
      ),
    );
  }
  if (url.username !== "" || url.password !== "") {
    errors.push(invalidValue(at, url.username, "user information is not permitted in the URL"));
  }
  if (url.hash !== "")
    errors.push(invalidValue(at, url.hash.slice(1), "fragments are not permitted in the URL"));
  if (url.search !== "") {
    errors.push(invalidValue(at, url.search.slice(1), "query parameters are not permitted in the URL"));
  }
}

function validateStoredVersions(errors: FieldError[], object: JsonObject, versions: unknown): void {
  const stored = memberOf(object, "status")?.["storedVersions"];
  const known = new Set(namesOf(elementsOf(versions)));
  for (const [index, version] of elementsOf(stored)) {
    const name = textOf(version);
    if (known.has(name)) continue;
    errors.push(
      invalidValue(
        `status.storedVersions[${index}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    );
  }
}

/** Groups of Kubernetes' own domains are not for everybody. */
function validateApproval(errors: FieldError[], { metadata }: KubeObject, group: string): void {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return;
  const key = "api-approved.kubernetes.io";
  const value = metadata.annotations?.[key] ?? "";
  const at = `metadata.annotations[${key}]`;
  const link = "https://github.com/kubernetes/enhancements/pull/1111";
  if (value === "") {
    errors.push(
      required(
        at,
        `protected groups must have approval annotation "api-approved.kubernetes.io", see ${link}`,
      ),
    );
  } else if (!value.startsWith("unapproved") && !URL.canParse(value)) {
    errors.push(
      invalidValue(
        at,
        value,
        `protected groups must have approval annotation "api-approved.kubernetes.io" with either a URL or a reason starting with "unapproved", see ${link}`,
      ),
    );
  }
}

function validateUpdate(errors: FieldError[], spec: JsonObject, previous: JsonObject): void {
  const before = memberOf(previous, "spec") ?? {};
  for (const field of ["group", "scope"]) {
    if (spec[field] !== before[field]) {
      errors.push(invalidValue(`spec.${field}`, spec[field], "field is immutable"));
    }
  }
  const names = memberOf(spec, "names") ?? {};
  const namesBefore = memberOf(before, "names") ?? {};
  for (const field of ["kind", "plural"]) {
    if (!isJsonEqual(names[field], namesBefore[field])) {
      errors.push(invalidValue(`spec.names.${field}`, names[field], "field is immutable"));
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
