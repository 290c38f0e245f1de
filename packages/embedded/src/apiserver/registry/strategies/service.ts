import { randomInt } from "node:crypto";
import type { KubeObject } from "@sandgate/contract";
import { applyDefaults, type DefaultRow } from "../apply-defaults.ts";
import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";
import type { ResourceStrategy } from "../resource-definition.ts";
import { validateService } from "./service-validation.ts";

/** What a Service needs to know of the others. */
export interface ServiceAddresses {
  /** First two parts of the /16 from which cluster IPs are taken, as in `10.96`. */
  readonly range: string;
  readonly inUse: (address: string) => boolean;
}

const NODE_PORTS = { first: 30_000, count: 2_768 } as const;
const EXPOSED = new Set(["NodePort", "LoadBalancer"]);

const DEFAULTS: readonly DefaultRow[] = [
  ["spec.type", "ClusterIP"],
  ["spec.sessionAffinity", "None"],
  [
    "spec.sessionAffinityConfig",
    ({ sessionAffinity }: JsonObject) => (sessionAffinity === "ClientIP" ? { clientIP: {} } : undefined),
  ],
  ["spec.sessionAffinityConfig.clientIP.timeoutSeconds", 10_800],
  ["spec.ports[].protocol", "TCP"],
  ["spec.ports[].targetPort", ({ port }: JsonObject) => port, "zero"],
  ["spec.internalTrafficPolicy", ({ type }: JsonObject) => (type === "ExternalName" ? undefined : "Cluster")],
  [
    "spec.externalTrafficPolicy",
    ({ type }: JsonObject) => (EXPOSED.has(String(type)) ? "Cluster" : undefined),
  ],
  [
    "spec.allocateLoadBalancerNodePorts",
    ({ type }: JsonObject) => (type === "LoadBalancer" ? true : undefined),
  ],
  ["status", { loadBalancer: {} }],
];

const FAMILIES: readonly DefaultRow[] = [
  // A headless Service without selector may get endpoints of either family from whoever makes them.
  ["ipFamilies", (spec: JsonObject) => (isOpenHeadless(spec) ? ["IPv4", "IPv6"] : ["IPv4"])],
  ["ipFamilyPolicy", (spec: JsonObject) => (isOpenHeadless(spec) ? "RequireDualStack" : "SingleStack")],
];

/** Services get their cluster IP here; nothing forwards to it, since a sandbox is reached by its pod's address. */
export function serviceStrategy(addresses: ServiceAddresses): ResourceStrategy {
  return {
    defaults: defaultService,
    prepareCreate(object) {
      const spec = specOf(object);
      if (spec === undefined || spec["type"] === "ExternalName") return;
      allocate(spec, addresses);
    },
    prepareUpdate(object, previous) {
      const spec = specOf(object);
      const before = specOf(previous);
      if (spec === undefined || before === undefined) return;
      if (spec["type"] === "ExternalName") {
        for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]) {
          if (before["type"] !== "ExternalName") Reflect.deleteProperty(spec, field);
        }
        return;
      }
      // What the server has given stays when an update leaves it out.
      for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]) {
        if (spec[field] === undefined && before[field] !== undefined) spec[field] = before[field];
      }
      allocate(spec, addresses);
    },
    validate: validateService,
  };
}

function specOf(object: KubeObject): JsonObject | undefined {
  const { spec } = object as KubeObject & { spec?: unknown };
  return isJsonObject(spec) ? spec : undefined;
}

function defaultService(object: KubeObject): void {
  applyDefaults(object as KubeObject & JsonObject, DEFAULTS);
}

function allocate(spec: JsonObject, addresses: ServiceAddresses): void {
  if ((spec["clusterIP"] ?? "") === "") {
    const [given] = Array.isArray(spec["clusterIPs"]) ? spec["clusterIPs"] : [];
    spec["clusterIP"] = typeof given === "string" && given !== "" ? given : freeAddress(addresses);
  }
  if (!Array.isArray(spec["clusterIPs"]) || spec["clusterIPs"].length === 0)
    spec["clusterIPs"] = [spec["clusterIP"]];
  applyDefaults(spec, FAMILIES);
  if (!EXPOSED.has(String(spec["type"])) || spec["allocateLoadBalancerNodePorts"] === false) return;
  applyDefaults(spec, [["ports[].nodePort", () => NODE_PORTS.first + randomInt(NODE_PORTS.count), "zero"]]);
}

/** @throws Error when no address of many tried is free. */
function freeAddress({ range, inUse }: ServiceAddresses): string {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    // The lowest addresses are left for Services that ask for one by number.
    const address = `${range}.${randomInt(256)}.${randomInt(16, 255)}`;
    if (!inUse(address)) return address;
  }
  throw new Error(`no free cluster IP in ${range}.0.0/16`);
}

function isOpenHeadless(spec: JsonObject): boolean {
  const { selector } = spec;
  return spec["clusterIP"] === "None" && (!isJsonObject(selector) || Object.keys(selector).length === 0);
}
