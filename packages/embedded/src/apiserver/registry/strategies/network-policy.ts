import type { KubeObject } from "@sandgate/contract";
import { isCidr } from "../../schema/formats.ts";
import { applyDefaults } from "../apply-defaults.ts";
import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";
import { forbidden, invalidValue, required } from "../field-errors.ts";
import type { ResourceStrategy } from "../resource-definition.ts";
import {
  checkOneOf,
  checkPort,
  checkPortOrName,
  elementsOf,
  type Errors,
  fieldsOf,
  PROTOCOLS,
  textOf,
} from "../validation/checks.ts";
import { checkLabelSelector } from "../validation/selectors.ts";

const CIDR_SENTENCE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** Policies are stored and shown; what the embedded node lets through is its own affair. */
export const NETWORK_POLICY_STRATEGY: ResourceStrategy = {
  generation: true,
  defaults: defaultPolicy,
  validate: (object) => [...checkPolicy(object)],
};

function defaultPolicy(object: KubeObject): void {
  const { spec } = object as KubeObject & { spec?: unknown };
  if (!isJsonObject(spec)) return;
  const egress = Array.isArray(spec["egress"]) && spec["egress"].length > 0;
  if (!Array.isArray(spec["policyTypes"]) || spec["policyTypes"].length === 0) {
    spec["policyTypes"] = egress ? ["Ingress", "Egress"] : ["Ingress"];
  }
  applyDefaults(spec, [
    ["ingress[].ports[].protocol", "TCP"],
    ["egress[].ports[].protocol", "TCP"],
  ]);
}

function* checkPolicy(object: KubeObject & { spec?: unknown }): Errors {
  const spec = fieldsOf(object.spec);
  yield* checkLabelSelector("spec.podSelector", spec["podSelector"]);
  for (const [direction, peers] of [
    ["ingress", "from"],
    ["egress", "to"],
  ] as const) {
    for (const [rule, at] of elementsOf(spec[direction], `spec.${direction}`)) {
      for (const [port, portAt] of elementsOf(rule["ports"], `${at}.ports`))
        yield* checkPolicyPort(portAt, port);
      for (const [peer, peerAt] of elementsOf(rule[peers], `${at}.${peers}`)) yield* checkPeer(peerAt, peer);
    }
  }
  const types = Array.isArray(spec["policyTypes"]) ? spec["policyTypes"] : [];
  if (types.length > 2)
    yield invalidValue("spec.policyTypes", types, "may not specify more than two policyTypes");
  else {
    for (const [index, type] of types.entries()) {
      yield* checkOneOf(`spec.policyTypes[${index}]`, type, ["Ingress", "Egress"]);
    }
  }
}

function* checkPolicyPort(path: string, policyPort: JsonObject): Errors {
  const { port, endPort } = policyPort;
  yield* checkOneOf(`${path}.protocol`, policyPort["protocol"], PROTOCOLS);
  if (port !== undefined && port !== null) yield* checkPortOrName(`${path}.port`, port);
  if (typeof endPort !== "number") return;
  if (typeof port === "number") {
    if (endPort < port)
      yield invalidValue(`${path}.endPort`, port, "must be greater than or equal to `port`");
    yield* checkPort(`${path}.endPort`, endPort);
  } else {
    const why = typeof port === "string" ? "`port` is non-numeric" : "`port` is not specified";
    yield invalidValue(`${path}.endPort`, endPort, `may not be specified when ${why}`);
  }
}

function* checkPeer(path: string, peer: JsonObject): Errors {
  const given = ["podSelector", "namespaceSelector", "ipBlock"].filter((key) => isJsonObject(peer[key]));
  yield* checkLabelSelector(`${path}.podSelector`, peer["podSelector"]);
  yield* checkLabelSelector(`${path}.namespaceSelector`, peer["namespaceSelector"]);
  const block = peer["ipBlock"];
  if (isJsonObject(block)) {
    const cidr = textOf(block["cidr"]);
    if (cidr === "") yield required(`${path}.ipBlock.cidr`);
    else if (!isCidr(cidr)) yield invalidValue(`${path}.ipBlock.cidr`, cidr, CIDR_SENTENCE);
    const except = Array.isArray(block["except"]) ? block["except"] : [];
    for (const [index, range] of except.entries()) {
      if (!isCidr(textOf(range)))
        yield invalidValue(`${path}.ipBlock.except[${index}]`, range, CIDR_SENTENCE);
    }
  }
  if (given.length === 0) yield required(path, "must specify a peer");
  else if (given.length > 1 && isJsonObject(block)) {
    yield forbidden(path, "may not specify both ipBlock and another peer");
  }
}
