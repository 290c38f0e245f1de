import type { KubeObject } from "@sandgate/contract";
import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";
import { duplicate, forbidden, invalidValue, notSupported, required } from "../field-errors.ts";
import type { FieldError } from "../resource-definition.ts";
import {
  checkName,
  checkOneOf,
  checkRange,
  elementsOf,
  type Errors,
  fieldsOf,
  textOf,
} from "../validation/checks.ts";
import { dnsLabel, dnsSubdomain, qualifiedName } from "../validation/names.ts";
import { checkResources } from "../validation/resources.ts";
import { checkLabels } from "../validation/selectors.ts";
import { checkContainers } from "./pod-containers.ts";
import { checkVolumes } from "./pod-volumes.ts";

const MOST_INT32 = 2_147_483_647;
const MOST_NAMESERVERS = 3;
const MOST_SEARCHES = 32;

/** What is wrong with a pod that is created, or with the result of an update as such. */
export function validatePod(object: KubeObject): FieldError[] {
  const pod: KubeObject & { spec?: unknown } = object;
  return [...checkPodSpec("spec", fieldsOf(pod.spec))];
}

function* checkPodSpec(path: string, spec: JsonObject): Errors {
  const volumes = new Set<string>();
  yield* checkVolumes(`${path}.volumes`, spec["volumes"], volumes);
  yield* checkContainers(path, spec, volumes);
  if (Array.isArray(spec["ephemeralContainers"]) && spec["ephemeralContainers"].length > 0) {
    yield forbidden(`${path}.ephemeralContainers`, "cannot be set on create");
  }
  yield* checkResources(`${path}.resources`, spec["resources"], true);
  yield* checkRequiredOneOf(`${path}.restartPolicy`, spec["restartPolicy"], ["Always", "OnFailure", "Never"]);
  yield* checkRequiredOneOf(`${path}.dnsPolicy`, spec["dnsPolicy"], [
    "ClusterFirstWithHostNet",
    "ClusterFirst",
    "Default",
    "None",
  ]);
  yield* checkLabels(`${path}.nodeSelector`, spec["nodeSelector"]);
  yield* checkDns(`${path}.dnsConfig`, spec);
  yield* checkGates(path, spec);
  yield* checkName(`${path}.serviceAccountName`, spec["serviceAccountName"], dnsSubdomain);
  yield* checkName(`${path}.nodeName`, spec["nodeName"], dnsSubdomain);
  yield* checkName(`${path}.hostname`, spec["hostname"], dnsLabel);
  yield* checkName(`${path}.subdomain`, spec["subdomain"], dnsLabel);
  yield* checkName(`${path}.priorityClassName`, spec["priorityClassName"], dnsSubdomain);
  yield* checkName(`${path}.runtimeClassName`, spec["runtimeClassName"], dnsSubdomain);
  yield* checkRange(`${path}.activeDeadlineSeconds`, spec["activeDeadlineSeconds"], 1, MOST_INT32);
  yield* checkTolerations(`${path}.tolerations`, spec["tolerations"]);
  yield* checkHostAliases(`${path}.hostAliases`, spec["hostAliases"]);
  yield* checkSecurity(path, spec);
}

function* checkRequiredOneOf(path: string, value: unknown, supported: readonly string[]): Errors {
  if (textOf(value) === "") yield required(path);
  else yield* checkOneOf(path, value, supported);
}

function* checkDns(path: string, spec: JsonObject): Errors {
  const config = fieldsOf(spec["dnsConfig"]);
  const nameservers = Array.isArray(config["nameservers"]) ? config["nameservers"] : [];
  if (spec["dnsPolicy"] === "None" && !isJsonObject(spec["dnsConfig"])) {
    yield required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
  } else if (spec["dnsPolicy"] === "None" && nameservers.length === 0) {
    yield required(
      `${path}.nameservers`,
      `must provide at least one DNS nameserver when \`dnsPolicy\` is None`,
    );
  }
  if (nameservers.length > MOST_NAMESERVERS) {
    yield invalidValue(
      `${path}.nameservers`,
      nameservers,
      `must not have more than ${MOST_NAMESERVERS} nameservers`,
    );
  }
  const searches = Array.isArray(config["searches"]) ? config["searches"] : [];
  if (searches.length > MOST_SEARCHES) {
    yield invalidValue(`${path}.searches`, searches, `must not have more than ${MOST_SEARCHES} search paths`);
  }
  for (const [option, at] of elementsOf(config["options"], `${path}.options`)) {
    if (textOf(option["name"]) === "") yield required(at, "must not be empty");
  }
}

function* checkGates(path: string, spec: JsonObject): Errors {
  const seen = new Set<string>();
  for (const [gate, at] of elementsOf(spec["schedulingGates"], `${path}.schedulingGates`)) {
    const name = textOf(gate["name"]);
    const problem = qualifiedName(name);
    if (problem !== undefined) yield invalidValue(at, name, problem);
    if (seen.has(name)) yield duplicate(at, name);
    seen.add(name);
  }
  if (seen.size > 0 && textOf(spec["nodeName"]) !== "") {
    yield forbidden(`${path}.nodeName`, "cannot be set until all schedulingGates have been cleared");
  }
  for (const [gate, at] of elementsOf(spec["readinessGates"], `${path}.readinessGates`)) {
    const type = textOf(gate["conditionType"]);
    const problem = qualifiedName(type);
    if (problem !== undefined) yield invalidValue(`${at}.conditionType`, type, problem);
  }
}

function* checkTolerations(path: string, tolerations: unknown): Errors {
  for (const [toleration, at] of elementsOf(tolerations, path)) {
    const key = textOf(toleration["key"]);
    const operator = textOf(toleration["operator"]);
    const problem = key === "" ? undefined : qualifiedName(key);
    if (problem !== undefined) yield invalidValue(`${at}.key`, key, problem);
    if (key === "" && operator !== "Exists") {
      yield invalidValue(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    }
    if (typeof toleration["tolerationSeconds"] === "number" && toleration["effect"] !== "NoExecute") {
      yield invalidValue(
        `${at}.effect`,
        textOf(toleration["effect"]),
        "effect must be 'NoExecute' when `tolerationSeconds` is set",
      );
    }
    if (operator === "Exists" && textOf(toleration["value"]) !== "") {
      yield invalidValue(
        `${at}.operator`,
        toleration["value"],
        "value must be empty when `operator` is 'Exists'",
      );
    }
    if (operator !== "" && operator !== "Exists" && operator !== "Equal") {
      yield notSupported(`${at}.operator`, operator, ["Equal", "Exists"]);
    }
    const effect = textOf(toleration["effect"]);
    if (effect !== "") {
      yield* checkOneOf(`${at}.effect`, effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    }
  }
}

function* checkHostAliases(path: string, aliases: unknown): Errors {
  for (const [alias, at] of elementsOf(aliases, path)) {
    if (!/^[0-9a-fA-F.:]+$/.test(textOf(alias["ip"]))) {
      yield invalidValue(
        `${at}.ip`,
        textOf(alias["ip"]),
        "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
      );
    }
    const hostnames = Array.isArray(alias["hostnames"]) ? alias["hostnames"] : [];
    for (const [index, name] of hostnames.entries()) {
      yield* checkName(`${at}.hostnames[${index}]`, name, dnsSubdomain);
    }
  }
}

function* checkSecurity(path: string, spec: JsonObject): Errors {
  const security = fieldsOf(spec["securityContext"]);
  for (const id of ["runAsUser", "runAsGroup", "fsGroup"]) {
    yield* checkRange(`${path}.securityContext.${id}`, security[id], 0, MOST_INT32);
  }
  if (spec["shareProcessNamespace"] === true && spec["hostPID"] === true) {
    yield invalidValue(
      `${path}.securityContext.shareProcessNamespace`,
      true,
      "ShareProcessNamespace and HostPID cannot both be enabled",
    );
  }
  if (spec["hostUsers"] === false) {
    for (const [field, name] of [
      ["hostNetwork", "hostNetwork"],
      ["hostPID", "HostPID"],
      ["hostIPC", "HostIPC"],
    ] as const) {
      if (spec[field] === true) yield forbidden(`${path}.${name}`, "when `hostUsers` is false");
    }
  }
}
