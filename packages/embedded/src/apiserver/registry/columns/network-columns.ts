import type { EndpointSlice, KubeObject, Service, ServicePort } from "@sandgate/contract";
import type { PrinterColumn } from "../resource-definition.ts";
import { AGE, NAME, column, firstThree, formatLabels } from "./basic-columns.ts";

type FullService = Service & {
  spec?: { externalIPs?: string[]; externalName?: string };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
};

interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

interface Policy extends KubeObject {
  spec?: { podSelector?: { matchLabels?: Record<string, string>; matchExpressions?: Requirement[] } };
}

export const SERVICE_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<FullService>("Type", (service) => service.spec?.type ?? ""),
  column<FullService>(
    "Cluster-IP",
    (service) => service.spec?.clusterIPs?.[0] ?? service.spec?.clusterIP ?? "<none>",
  ),
  column<FullService>("External-IP", externalIp),
  column<FullService>("Port(s)", (service) => {
    const given: (ServicePort & { nodePort?: number })[] = service.spec?.ports ?? [];
    const ports = given.map(({ port, nodePort, protocol }) =>
      nodePort === undefined || nodePort === 0 ? `${port}/${protocol}` : `${port}:${nodePort}/${protocol}`,
    );
    return ports.length === 0 ? "<none>" : ports.join(",");
  }),
  AGE,
  column<FullService>("Selector", (service) => formatLabels(service.spec?.selector), 1),
];

export const ENDPOINT_SLICE_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<EndpointSlice>("AddressType", (slice) => slice.addressType),
  column<EndpointSlice>("Ports", (slice) =>
    firstThree((slice.ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? "*") : `${port}`))),
  ),
  column<EndpointSlice>("Endpoints", (slice) =>
    firstThree((slice.endpoints ?? []).flatMap((e) => e.addresses)),
  ),
  AGE,
];

export const NETWORK_POLICY_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<Policy>("Pod-Selector", (policy) => {
    const { matchLabels = {}, matchExpressions = [] } = policy.spec?.podSelector ?? {};
    const pairs = Object.entries(matchLabels).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const parts = [
      ...pairs.map(([key, value]) => `${key}=${value}`),
      ...matchExpressions.map(requirementText),
    ];
    return parts.length === 0 ? "<none>" : parts.join(",");
  }),
  AGE,
];

function externalIp(service: FullService): string {
  const fixed = service.spec?.externalIPs ?? [];
  switch (service.spec?.type) {
    case "ExternalName":
      return service.spec.externalName ?? "";
    case "LoadBalancer": {
      const ingress = service.status?.loadBalancer?.ingress ?? [];
      const all = [...ingress.map(({ ip, hostname }) => ip || (hostname ?? "")), ...fixed];
      return all.length === 0 ? "<pending>" : all.join(",");
    }
    default:
      return fixed.length === 0 ? "<none>" : fixed.join(",");
  }
}

function requirementText({ key, operator, values = [] }: Requirement): string {
  switch (operator) {
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return `${key} ${operator.toLowerCase()} (${values.toSorted().join(",")})`;
  }
}
