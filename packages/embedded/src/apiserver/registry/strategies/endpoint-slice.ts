import { isIP } from "node:net";
import type { EndpointSlice } from "@sandgate/contract";
import { applyDefaults } from "../apply-defaults.ts";
import type { JsonObject } from "../../patch/json-value.ts";
import { duplicate, invalidValue, required, tooMany } from "../field-errors.ts";
import type { ResourceStrategy } from "../resource-definition.ts";
import { checkName, checkOneOf, elementsOf, type Errors, PROTOCOLS, textOf } from "../validation/checks.ts";
import { checkImmutable } from "../validation/immutable.ts";
import { dnsLabel, dnsSubdomain } from "../validation/names.ts";

const TYPES = ["FQDN", "IPv4", "IPv6"];
const FAMILIES: Readonly<Record<string, number>> = { IPv4: 4, IPv6: 6 };
/** Addresses that mean another machine to everyone who reads them. */
const SPECIAL: readonly (readonly [RegExp, string])[] = [
  [/^(0\.0\.0\.0|::)$/, "may not be unspecified"],
  [/^(127\.|::1$)/, "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  [/^(169\.254\.|fe[89ab])/i, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  [/^(224\.0\.0\.|ff02:)/i, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
];
const MOST_ENDPOINTS = 1000;
const MOST_PORTS = 20_000;
const MOST_ADDRESSES = 100;

export const ENDPOINT_SLICE_STRATEGY: ResourceStrategy = {
  generation: true,
  defaults: defaultSlice,
  validate(object, previous) {
    const slice = object as EndpointSlice;
    const errors = [...checkSlice(slice)];
    if (previous !== undefined) {
      errors.push(
        ...checkImmutable("addressType", slice.addressType, (previous as EndpointSlice).addressType),
      );
    }
    return errors;
  },
};

function defaultSlice(object: object): void {
  applyDefaults(object as JsonObject, [
    ["ports[].name", ({ name }: JsonObject) => name ?? ""],
    ["ports[].protocol", "TCP"],
  ]);
}

function* checkSlice(slice: EndpointSlice): Errors {
  if (textOf(slice.addressType) === "") yield required("addressType");
  else yield* checkOneOf("addressType", slice.addressType, TYPES);
  yield* checkPorts(slice);
  const endpoints = [...elementsOf(slice.endpoints, "endpoints")];
  if (endpoints.length > MOST_ENDPOINTS) {
    yield tooMany("endpoints", endpoints.length, MOST_ENDPOINTS);
    return;
  }
  for (const [endpoint, at] of endpoints) {
    const addresses = Array.isArray(endpoint["addresses"]) ? endpoint["addresses"] : [];
    if (addresses.length === 0) yield required(`${at}.addresses`, "must contain at least 1 address");
    if (addresses.length > MOST_ADDRESSES) yield tooMany(`${at}.addresses`, addresses.length, MOST_ADDRESSES);
    for (const [index, address] of addresses.entries()) {
      yield* checkAddress(`${at}.addresses[${index}]`, slice.addressType, textOf(address));
    }
    yield* checkName(`${at}.hostname`, endpoint["hostname"], dnsLabel);
    yield* checkName(`${at}.nodeName`, endpoint["nodeName"], dnsSubdomain);
  }
}

function* checkAddress(path: string, type: string, address: string): Errors {
  const family = FAMILIES[type];
  if (family === undefined) return;
  if (isIP(address) === 0) {
    yield invalidValue(path, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    return;
  }
  if (isIP(address) !== family) {
    yield invalidValue(path.replace(/\[\d+\]$/, ""), address, `must be an ${type} address`);
  }
  for (const [range, sentence] of SPECIAL)
    if (range.test(address)) yield invalidValue(path, address, sentence);
}

function* checkPorts(slice: EndpointSlice): Errors {
  const ports = [...elementsOf(slice.ports, "ports")];
  if (ports.length > MOST_PORTS) {
    yield tooMany("ports", ports.length, MOST_PORTS);
    return;
  }
  const names = new Set<string>();
  for (const [port, at] of ports) {
    const name = textOf(port["name"]);
    yield* checkName(`${at}.name`, name, dnsLabel);
    if (names.has(name)) yield duplicate(`${at}.name`, name);
    names.add(name);
    yield* checkOneOf(`${at}.protocol`, port["protocol"], PROTOCOLS);
  }
}
