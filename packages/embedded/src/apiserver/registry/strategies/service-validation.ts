import { isIP } from "node:net";
import type { KubeObject } from "@sandgate/contract";
import type { JsonObject } from "../../patch/json-value.ts";
import { duplicate, forbidden, invalidValue, notSupported, required } from "../field-errors.ts";
import type { FieldError } from "../resource-definition.ts";
import {
  checkName,
  checkOneOf,
  checkPort,
  checkPortOrName,
  checkRange,
  elementsOf,
  type Errors,
  fieldsOf,
  PROTOCOLS,
  textOf,
} from "../validation/checks.ts";
import { dnsLabel, dnsSubdomain, qualifiedName } from "../validation/names.ts";
import { checkLabels } from "../validation/selectors.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const IP_SENTENCE = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

/** What is wrong with a Service, or with what an update changes of it. */
export function validateService(object: KubeObject, previous: KubeObject | undefined): FieldError[] {
  const spec = fieldsOf((object as KubeObject & { spec?: unknown }).spec);
  const before =
    previous === undefined ? undefined : fieldsOf((previous as KubeObject & { spec?: unknown }).spec);
  return [...checkServiceName(object), ...checkSpec(spec), ...checkAddressChange(spec, before)];
}

/** Without dots, unlike the names of other kinds, since the name becomes one part of a host name. */
function* checkServiceName({ metadata }: KubeObject): Errors {
  const name = metadata.name ?? "";
  if (dnsSubdomain(name) !== undefined) return;
  yield* checkName("metadata.name", name, dnsLabel);
}

function* checkSpec(spec: JsonObject): Errors {
  const type = textOf(spec["type"]);
  const ports = [...elementsOf(spec["ports"], "spec.ports")];
  const headless = spec["clusterIP"] === "None";
  if (ports.length === 0 && !headless && type !== "ExternalName") yield required("spec.ports");
  if (headless && (type === "LoadBalancer" || type === "NodePort")) {
    yield invalidValue("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${type} services`);
  }
  if (type === "ExternalName") yield* checkExternalName(spec);
  yield* checkPorts(ports, type);
  yield* checkLabels("spec.selector", spec["selector"]);
  yield* checkAffinity(spec);
  if (type !== "ExternalName") yield* checkAddresses(spec);
  for (const [index, address] of listOf(spec["externalIPs"]).entries()) {
    if (isIP(textOf(address)) === 0) yield invalidValue(`spec.externalIPs[${index}]`, address, IP_SENTENCE);
  }
  if (type === "") yield required("spec.type");
  else yield* checkOneOf("spec.type", type, TYPES);
  yield* checkOneOf("spec.internalTrafficPolicy", spec["internalTrafficPolicy"], ["Cluster", "Local"]);
  yield* checkExposure(spec, type);
}

function* checkExternalName(spec: JsonObject): Errors {
  for (const field of ["clusterIPs", "ipFamilies"]) {
    if (listOf(spec[field]).length > 0)
      yield forbidden(`spec.${field}`, "may not be set for ExternalName services");
  }
  if (textOf(spec["ipFamilyPolicy"]) !== "") {
    yield forbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services");
  }
  const name = textOf(spec["externalName"]).replace(/\.$/, "");
  if (name === "") yield required("spec.externalName");
  else yield* checkName("spec.externalName", name, dnsSubdomain);
}

function* checkPorts(ports: readonly (readonly [JsonObject, string])[], type: string): Errors {
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [port, at] of ports) {
    const name = textOf(port["name"]);
    if (name === "" && ports.length > 1) yield required(`${at}.name`);
    yield* checkName(`${at}.name`, name, dnsLabel);
    if (name !== "" && names.has(name)) yield duplicate(`${at}.name`, name);
    names.add(name);
    yield* checkPort(`${at}.port`, port["port"] ?? 0);
    const protocol = textOf(port["protocol"]);
    if (protocol === "") yield required(`${at}.protocol`);
    else if (!PROTOCOLS.includes(protocol)) yield notSupported(`${at}.protocol`, protocol, PROTOCOLS);
    yield* checkPortOrName(`${at}.targetPort`, port["targetPort"]);
    yield* checkName(`${at}.appProtocol`, port["appProtocol"], qualifiedName);
    const key = `${protocol}/${String(port["port"])}`;
    if (numbers.has(key)) yield duplicate(at, { protocol, port: port["port"] });
    numbers.add(key);
    const nodePort = port["nodePort"];
    if (typeof nodePort !== "number" || nodePort === 0) continue;
    if (type === "ClusterIP") yield forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'");
    else yield* checkNodePort(`${at}.nodePort`, nodePort);
    if (nodePorts.has(`${protocol}/${nodePort}`)) yield duplicate(`${at}.nodePort`, nodePort);
    nodePorts.add(`${protocol}/${nodePort}`);
  }
}

function* checkNodePort(path: string, value: number): Errors {
  if (value >= 30_000 && value <= 32_767) return;
  yield invalidValue(
    path,
    value,
    "provided port is not in the valid range. The range of valid ports is 30000-32767",
  );
}

function* checkAffinity(spec: JsonObject): Errors {
  const affinity = textOf(spec["sessionAffinity"]);
  if (affinity === "") yield required("spec.sessionAffinity");
  else yield* checkOneOf("spec.sessionAffinity", affinity, ["ClientIP", "None"]);
  const path = "spec.sessionAffinityConfig";
  const config = spec["sessionAffinityConfig"];
  if (affinity === "None" && config !== undefined && config !== null) {
    yield forbidden(path, "must not be set when session affinity is None");
  }
  if (affinity === "ClientIP") {
    const seconds = fieldsOf(fieldsOf(config)["clientIP"])["timeoutSeconds"];
    yield* checkRange(`${path}.clientIP.timeoutSeconds`, seconds, 1, 86_400);
  }
}

function* checkAddresses(spec: JsonObject): Errors {
  const addresses = listOf(spec["clusterIPs"]);
  const first = textOf(spec["clusterIP"]);
  if (first !== "" && addresses[0] !== first) {
    yield invalidValue("spec.clusterIPs", addresses, "first value must match `clusterIP`");
  }
  for (const [index, address] of addresses.entries()) {
    if (address === "None" && index === 0) {
      if (addresses.length > 1)
        yield invalidValue("spec.clusterIPs", addresses, "'None' must be the first and only value");
    } else if (isIP(textOf(address)) === 0)
      yield invalidValue(`spec.clusterIPs[${index}]`, address, IP_SENTENCE);
  }
  if (addresses.length > 2) yield invalidValue("spec.clusterIPs", addresses, "may only hold up to 2 values");
  for (const [index, family] of listOf(spec["ipFamilies"]).entries()) {
    yield* checkOneOf(`spec.ipFamilies[${index}]`, family, ["IPv4", "IPv6"]);
  }
  yield* checkOneOf("spec.ipFamilyPolicy", spec["ipFamilyPolicy"], [
    "PreferDualStack",
    "RequireDualStack",
    "SingleStack",
  ]);
}

function* checkExposure(spec: JsonObject, type: string): Errors {
  const balanced = "may only be used when `type` is 'LoadBalancer'";
  if (type !== "LoadBalancer") {
    if (listOf(spec["loadBalancerSourceRanges"]).length > 0)
      yield forbidden("spec.LoadBalancerSourceRanges", balanced);
    for (const field of ["allocateLoadBalancerNodePorts", "loadBalancerClass"]) {
      if (spec[field] !== undefined && spec[field] !== null) yield forbidden(`spec.${field}`, balanced);
    }
  }
  const policy = textOf(spec["externalTrafficPolicy"]);
  if (policy === "") return;
  const exposed = type === "NodePort" || type === "LoadBalancer" || listOf(spec["externalIPs"]).length > 0;
  if (exposed) yield* checkOneOf("spec.externalTrafficPolicy", policy, ["Cluster", "Local"]);
  else
    yield invalidValue(
      "spec.externalTrafficPolicy",
      policy,
      "may only be set for externally-accessible services",
    );
}

function* checkAddressChange(spec: JsonObject, before: JsonObject | undefined): Errors {
  if (before === undefined || spec["type"] === "ExternalName" || before["type"] === "ExternalName") return;
  const [next, old] = [textOf(spec["clusterIP"]), textOf(before["clusterIP"])];
  if (old !== "" && next !== old) {
    yield invalidValue("spec.clusterIPs[0]", listOf(spec["clusterIPs"]), "may not change once set");
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
