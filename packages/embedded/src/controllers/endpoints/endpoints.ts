import type { EndpointSlice, Logger, Pod, Service, Stored } from "@sandgate/contract";
import {
  createWorkQueue,
  ENDPOINT_SLICES,
  objectKey,
  SERVICES,
  type Informer,
  type KubeClient,
} from "@sandgate/kube";
import type { FreshObjects } from "../fresh-objects.ts";
import { ownerReference } from "../owner.ts";
import { isSame } from "../same.ts";
import { tolerateMissing } from "../tolerate.ts";

export interface EndpointsOptions {
  client: KubeClient;
  services: Informer<Service>;
  pods: Informer<Pod>;
  slices: FreshObjects<EndpointSlice>;
  logger: Logger;
}

export interface EndpointsController {
  serviceChanged(service: Stored<Service>): void;
  podChanged(pod: Stored<Pod>): void;
  close(): Promise<void>;
}

const LABEL_SERVICE = "kubernetes.io/service-name";
const LABEL_MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const MANAGED_BY = "endpointslice-controller.sandgate.dev";

/** Keeps one EndpointSlice for each Service with a selector: the pods that it selects. */
export function createEndpointsController(options: EndpointsOptions): EndpointsController {
  const { client, services, pods, slices } = options;
  const queue = createWorkQueue({ work: reconcile, name: "endpoints", logger: options.logger });

  async function reconcile(key: string): Promise<void> {
    const service = services.get(key);
    // A slice goes with its Service, which owns it.
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
    const wanted = sliceOf(service, [...pods.list()]);
    if (wanted === null) return;
    const { namespace, name } = wanted.metadata;
    const known = slices.get(`${namespace}/${name}`);
    if (known === undefined) {
      slices.wrote(await client.create(ENDPOINT_SLICES, wanted));
      return;
    }
    if (isSame(known.endpoints ?? [], wanted.endpoints) && isSame(known.ports ?? [], wanted.ports ?? []))
      return;
    const body = { endpoints: wanted.endpoints, ports: wanted.ports };
    const patched = await tolerateMissing(
      client.patch(ENDPOINT_SLICES, { namespace, name: known.metadata.name }, { type: "merge", body }),
    );
    if (patched !== undefined) slices.wrote(patched);
  }

  return {
    serviceChanged: (service) => queue.add(objectKey(service)),
    podChanged(pod) {
      for (const service of services.list()) {
        if (service.metadata.namespace === pod.metadata.namespace && selects(service, pod))
          queue.add(objectKey(service));
      }
    },
    close: () => queue.close(),
  };
}

/** The slice that a Service should have; null for one without a selector, whose endpoints are made by others. */
export function sliceOf(service: Stored<Service>, pods: readonly Stored<Pod>[]): EndpointSlice | null {
  const { namespace = "default", name } = service.metadata;
  if (Object.keys(service.spec?.selector ?? {}).length === 0) return null;
  const selected = pods.filter((pod) => pod.metadata.namespace === namespace && selects(service, pod));
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  const endpoints = selected
    .flatMap((pod) => {
      const { podIP, phase } = pod.status ?? {};
      if (podIP === undefined || phase === "Succeeded" || phase === "Failed") return [];
      const ready =
        pod.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      return [
        {
          addresses: [podIP],
          conditions: { ready: publishAll || (ready && !terminating), serving: ready, terminating },
          ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
          targetRef: { kind: "Pod", namespace, name: pod.metadata.name, uid: pod.metadata.uid },
        },
      ];
    })
    .toSorted((a, b) => (a.targetRef.name < b.targetRef.name ? -1 : 1));
  const ports = (service.spec?.ports ?? []).map((port) => ({
    name: port.name ?? "",
    port:
      typeof port.targetPort === "number"
        ? port.targetPort
        : (namedPort(selected, port.targetPort) ?? port.port),
    protocol: port.protocol ?? "TCP",
  }));
  return {
    metadata: {
      name: `${name}-endpoints`,
      namespace,
      labels: { [LABEL_SERVICE]: name, [LABEL_MANAGED_BY]: MANAGED_BY },
      ownerReferences: [ownerReference(SERVICES, service)],
    },
    addressType: "IPv4",
    endpoints,
    ports,
  };
}

function selects(service: Service, pod: Pod): boolean {
  const selector = Object.entries(service.spec?.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => pod.metadata.labels?.[key] === value);
}

function namedPort(pods: readonly Pod[], name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  return pods
    .flatMap((pod) => pod.spec.containers.flatMap((container) => container.ports ?? []))
    .find((port) => port.name === name)?.containerPort;
}
