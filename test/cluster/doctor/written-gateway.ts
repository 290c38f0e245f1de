/** The gateway as its manifests have it, on an API server without controllers: the test writes what those would. */
import type { KubeObject, Pod } from "@sandgate/contract";
import { CONFIG_MAPS, NAMESPACES, PODS, SERVICE_ACCOUNTS, SERVICES, type KubeClient } from "@sandgate/kube";

export const GATEWAY_NAMESPACE = "sandgate-system";

const LABELS = { "app.kubernetes.io/name": "sandgate-gateway", "app.kubernetes.io/part-of": "sandgate" };

/** A ready pod of the gateway, its service account and its Service of type LoadBalancer. */
export async function writeGateway(client: KubeClient): Promise<void> {
  const metadata = { namespace: GATEWAY_NAMESPACE, name: "sandgate-gateway" };
  await client.create(NAMESPACES, { metadata: { name: GATEWAY_NAMESPACE } });
  await client.create(SERVICE_ACCOUNTS, { metadata });
  await client.create(CONFIG_MAPS, { metadata, data: { "config.yaml": "host: 0.0.0.0\n" } });
  await client.create(SERVICES, {
    metadata: { ...metadata, labels: LABELS },
    spec: { type: "LoadBalancer", selector: LABELS, ports: [{ port: 80 }] },
  } as KubeObject);
  await client.create(PODS, {
    metadata: { namespace: GATEWAY_NAMESPACE, name: "gateway-1", labels: LABELS },
    spec: {
      serviceAccountName: metadata.name,
      automountServiceAccountToken: false,
      containers: [
        {
          name: "gateway",
          image: "sandgate.dev/gateway",
          args: ["gateway"],
          env: [{ name: "SANDGATE_CONFIG", value: "/etc/sandgate/config/config.yaml" }],
          volumeMounts: [{ name: "config", mountPath: "/etc/sandgate/config" }],
        },
      ],
      volumes: [{ name: "config", configMap: { name: metadata.name } }],
    },
  } as Pod);
  await setGatewayReady(client, true);
}

/** Writes the gateway's configuration file, as YAML. */
export async function configureGateway(client: KubeClient, config: string): Promise<void> {
  await client.patch(
    CONFIG_MAPS,
    { namespace: GATEWAY_NAMESPACE, name: "sandgate-gateway" },
    { type: "merge", body: { data: { "config.yaml": config } } },
  );
}

export async function setGatewayReady(client: KubeClient, ready: boolean): Promise<void> {
  const status = {
    phase: "Running",
    podIP: "10.9.0.1",
    podIPs: [{ ip: "10.9.0.1" }],
    conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
  };
  await client.patch(
    PODS,
    { namespace: GATEWAY_NAMESPACE, name: "gateway-1" },
    { type: "merge", body: { status } },
    { subresource: "status" },
  );
}
