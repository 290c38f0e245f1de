import type {
  ConfigMap,
  EndpointSlice,
  Event,
  KubeObject,
  Lease,
  Namespace,
  NetworkPolicy,
  Node,
  PersistentVolumeClaim,
  Pod,
  RuntimeClass,
  Sandbox,
  SandboxClaim,
  SandboxTemplate,
  SandboxWarmPool,
  Secret,
  Service,
  ServiceAccount,
} from "@sandgate/contract";
import type { Resource } from "./resource.ts";

function define<T extends KubeObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  namespaced: boolean = true,
): Resource<T> {
  const slash = apiVersion.indexOf("/");
  return {
    group: slash === -1 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
    plural,
    namespaced,
  };
}

export const NAMESPACES: Resource<Namespace> = define("v1", "Namespace", "namespaces", false);
export const NODES: Resource<Node> = define("v1", "Node", "nodes", false);
export const PODS: Resource<Pod> = define("v1", "Pod", "pods");
export const SERVICES: Resource<Service> = define("v1", "Service", "services");
export const SECRETS: Resource<Secret> = define("v1", "Secret", "secrets");
export const CONFIG_MAPS: Resource<ConfigMap> = define("v1", "ConfigMap", "configmaps");
export const EVENTS: Resource<Event> = define("v1", "Event", "events");
export const SERVICE_ACCOUNTS: Resource<ServiceAccount> = define("v1", "ServiceAccount", "serviceaccounts");
export const PERSISTENT_VOLUME_CLAIMS: Resource<PersistentVolumeClaim> = define(
  "v1",
  "PersistentVolumeClaim",
  "persistentvolumeclaims",
);
export const RESOURCE_QUOTAS: Resource = define("v1", "ResourceQuota", "resourcequotas");
export const LEASES: Resource<Lease> = define("coordination.k8s.io/v1", "Lease", "leases");
export const ENDPOINT_SLICES: Resource<EndpointSlice> = define(
  "discovery.k8s.io/v1",
  "EndpointSlice",
  "endpointslices",
);
export const NETWORK_POLICIES: Resource<NetworkPolicy> = define(
  "networking.k8s.io/v1",
  "NetworkPolicy",
  "networkpolicies",
);
export const RUNTIME_CLASSES: Resource<RuntimeClass> = define(
  "node.k8s.io/v1",
  "RuntimeClass",
  "runtimeclasses",
  false,
);
export const CUSTOM_RESOURCE_DEFINITIONS: Resource = define(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  false,
);

const AGENTS = "agents.x-k8s.io";
const EXTENSIONS = "extensions.agents.x-k8s.io";
export const SANDBOXES: Resource<Sandbox> = define(`${AGENTS}/v1beta1`, "Sandbox", "sandboxes");
export const SANDBOX_TEMPLATES: Resource<SandboxTemplate> = define(
  `${EXTENSIONS}/v1beta1`,
  "SandboxTemplate",
  "sandboxtemplates",
);
export const SANDBOX_CLAIMS: Resource<SandboxClaim> = define(
  `${EXTENSIONS}/v1beta1`,
  "SandboxClaim",
  "sandboxclaims",
);
export const SANDBOX_WARM_POOLS: Resource<SandboxWarmPool> = define(
  `${EXTENSIONS}/v1beta1`,
  "SandboxWarmPool",
  "sandboxwarmpools",
);
/** As releases before v0.5.0 serve it; read through the version adapter only. */
export const SANDBOXES_V1ALPHA1: Resource = define(`${AGENTS}/v1alpha1`, "Sandbox", "sandboxes");
