import type { NetworkPolicy, Pod, Service, Stored } from "@sandgate/contract";
import { NAMESPACES, NETWORK_POLICIES, PODS, SERVICES, viewPod } from "@sandgate/kube";
import type { Facts, GatewayPodFact, GatewayServiceFact, GatewaySettings, Rights } from "../facts.ts";
import { GATEWAY_APPS, LABEL_APP } from "../gateway-apps.ts";
import { configSourceOf, readGatewaySettings } from "./read-gateway-settings.ts";
import { readRights } from "./read-rights.ts";
import type { Reading } from "./reading.ts";

type Read = Pick<
  Facts,
  "gatewayPods" | "gatewayServices" | "namespaces" | "policies" | "rights" | "settings"
>;

/** The gateway's pods, where it runs in the cluster, and only then what stands between them and sandboxes. */
export async function readGateway(
  reading: Reading,
  settingsWith: (gateway: Partial<GatewaySettings>) => GatewaySettings,
): Promise<Read> {
  const labelSelector = `${LABEL_APP} in (${[...GATEWAY_APPS].join(",")})`;
  const seen = await reading.list(PODS, { labelSelector }, (pod) => pod);
  const gatewayPods = seen?.map(seePod) ?? null;
  const gatewayServices = await reading.list(SERVICES, { labelSelector }, seeService);
  // Where there is the gateway and the router, they are set alike but for who may reach them.
  const first = seen?.toSorted((a, b) => appOf(a).localeCompare(appOf(b)))[0];
  if (gatewayPods === null || first === undefined)
    return {
      gatewayPods,
      gatewayServices,
      namespaces: null,
      policies: null,
      rights: [],
      settings: settingsWith({}),
    };
  const namespace = first.metadata.namespace ?? "default";
  const settings = settingsWith(await readGatewaySettings(reading, namespace, configSourceOf(first)));
  const namespaces = await reading.list(NAMESPACES, {}, ({ metadata }): [string, Record<string, string>] => [
    metadata.name,
    metadata.labels ?? {},
  ]);
  return {
    gatewayPods,
    gatewayServices,
    namespaces: namespaces === null ? null : new Map(namespaces),
    policies: await reading.list(NETWORK_POLICIES, {}, (policy): Stored<NetworkPolicy> => policy),
    rights: await rightsOf(reading, gatewayPods, settings.watchNamespace),
    settings,
  };
}

async function rightsOf(
  reading: Reading,
  pods: readonly GatewayPodFact[],
  watchNamespace: string | undefined,
): Promise<Rights[]> {
  const accounts = Map.groupBy(pods, ({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`);
  const asked = [...accounts.values()].flatMap(([pod]) =>
    pod === undefined
      ? []
      : [
          readRights(
            reading,
            { namespace: pod.namespace, name: pod.serviceAccount },
            { namespace: watchNamespace, portForward: false },
          ),
        ],
  );
  return (await Promise.all(asked)).filter((one) => one !== null);
}

function appOf({ metadata }: Stored<Pod>): string {
  return metadata.labels?.[LABEL_APP] ?? "";
}

function seePod(pod: Stored<Pod>): GatewayPodFact {
  const view = viewPod(pod);
  const labels = pod.metadata.labels ?? {};
  return {
    namespace: view.namespace,
    name: view.name,
    app: appOf(pod),
    labels,
    ips: view.podIps,
    serviceAccount: pod.spec.serviceAccountName ?? "default",
    ready: view.ready,
    why: [`phase ${view.phase}`, view.reason, view.message].filter((part) => part !== "").join(": "),
  };
}

function seeService({ metadata, spec, status }: Stored<Service>): GatewayServiceFact {
  const balancer = status?.["loadBalancer"] as { ingress?: unknown[] } | undefined;
  return {
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    pending: spec?.type === "LoadBalancer" && (balancer?.ingress ?? []).length === 0,
  };
}
