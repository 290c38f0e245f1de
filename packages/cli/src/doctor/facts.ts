import type {
  ContainerPort,
  Event,
  GatewayConfig,
  NetworkPolicy,
  NormalSandbox,
  StateReason,
  Stored,
} from "@sandgate/contract";
import type { Route } from "@sandgate/gateway";
import type { PodView } from "@sandgate/kube";
import type { Finding } from "./finding.ts";

/** A kind, or something else of the cluster, that could not be read, and the server's words for it. */
export interface Unread {
  /** As in `networkpolicies.networking.k8s.io`, or the path of a URL. */
  what: string;
  verb: string;
  /** HTTP status: 403 where it is not allowed. */
  code: number;
  why: string;
}

/** One verb on one kind, and whether somebody may. */
export interface Right {
  group: string;
  /** Plural, with its subresource as in `pods/portforward`. */
  resource: string;
  verb: string;
  /** Null: all namespaces. */
  namespace: string | null;
  allowed: boolean;
}

/** What somebody may of what is needed. */
export interface Rights {
  /** `you`, or the gateway's service account as `namespace/name`. */
  who: string;
  /** Its namespace and name, null for whoever runs the doctor. */
  account: { namespace: string; name: string } | null;
  rights: readonly Right[];
}

export interface FailingContainer {
  /** Its place among the containers of the pod; 0 for an init container. */
  index: number;
  image: string;
  /** Of its last end, null where it has not ended. */
  exitCode: number | null;
}

/** A Sandbox with what was seen of its pod. */
export interface SandboxFact {
  sandbox: NormalSandbox;
  /** How long ago it was created. */
  ageMs: number;
  /** What the gateway makes of it. */
  route: Route;
  pod: PodView | undefined;
  /** The pod's first container that does not run as it should; null where there is none. */
  failing: FailingContainer | null;
  /** Why the scheduler does not place the pod, null where it does. */
  unschedulable: string | null;
  podLabels: Readonly<Record<string, string>>;
  /** Ports that the pod declares. */
  namedPorts: readonly ContainerPort[];
  runtimeClass: string | null;
  images: readonly string[];
  state: StateReason;
  /** Merge patch that resumes it, in the words of the version it is served in. */
  resumePatch: string;
  /** Warning events of the sandbox and its pod, latest last; only read for those whose state says too little. */
  events: readonly Stored<Event>[];
}

export interface NodeFact {
  name: string;
  labels: Readonly<Record<string, string>>;
  schedulable: boolean;
}

export interface RuntimeClassFact {
  name: string;
  nodeSelector: Readonly<Record<string, string>>;
}

/** A Service that a Sandbox controls. */
export interface ServiceFact {
  namespace: string;
  name: string;
  sandboxUid: string;
  ports: number;
}

/** A Service of the gateway. */
export interface GatewayServiceFact {
  namespace: string;
  name: string;
  /** Of type LoadBalancer and without an address. */
  pending: boolean;
}

/** A pod of the gateway, where it runs in the cluster. */
export interface GatewayPodFact {
  namespace: string;
  name: string;
  /** Value of its label `app.kubernetes.io/name`. */
  app: string;
  labels: Readonly<Record<string, string>>;
  ips: readonly string[];
  serviceAccount: string;
  ready: boolean;
  /** Why it is not, as far as its status says. */
  why: string;
}

/** What the gateway is told that decides who has which address. */
export const SETTING_KEYS = ["userLabel", "userNamespaces", "watchNamespace", "sandboxPort"] as const;

export type GatewaySettings = Pick<GatewayConfig, (typeof SETTING_KEYS)[number]>;

/** A SandboxClaim. */
export interface ClaimFact {
  namespace: string;
  name: string;
  /** Name of the Sandbox that it got, null while it has none. */
  sandbox: string | null;
  /** What its Ready condition says. */
  why: string;
}

/** What could be meant by a name that no sandbox has where sandboxes are looked for. */
export interface Elsewhere {
  claims: readonly ClaimFact[];
  /** Namespaces outside of the watched one with a Sandbox of that name. */
  namespaces: readonly string[];
}

/** Everything the checks look at. A member is null where it could not be read; `unread` says why. */
export interface Facts {
  server: string;
  settings: GatewaySettings;
  /** An embedded cluster, which has neither cluster DNS nor enforces NetworkPolicies. */
  embedded: boolean;
  /** Why nothing else is known: the API server does not answer, or knows nobody by these credentials. */
  obstacle: { kind: "unreachable" | "unauthenticated"; message: string } | null;
  kubernetesVersion: string | null;
  /** Served versions by what is served; empty where it is not installed. */
  sandboxVersions: readonly string[] | null;
  extensionVersions: readonly string[] | null;
  /** How far this machine's clock is ahead of the API server's, null where it sent no date. */
  clockAheadMs: number | null;
  rights: readonly Rights[];
  sandboxes: readonly SandboxFact[] | null;
  services: readonly ServiceFact[] | null;
  policies: readonly Stored<NetworkPolicy>[] | null;
  /** Labels by namespace; as the policies, only read where the gateway runs in the cluster. */
  namespaces: ReadonlyMap<string, Readonly<Record<string, string>>> | null;
  /** As the nodes, only read where a sandbox names one. */
  runtimeClasses: readonly RuntimeClassFact[] | null;
  nodes: readonly NodeFact[] | null;
  gatewayPods: readonly GatewayPodFact[] | null;
  gatewayServices: readonly GatewayServiceFact[] | null;
  /** How many addresses the cluster's DNS has that are ready; null where it has none by the usual name. */
  dnsEndpoints: number | null;
  /** What else has the name that is asked for. */
  elsewhere: Elsewhere;
  unread: readonly Unread[];
}

/** Looks at facts and says what is wrong. Pure. */
export type Check = (facts: Facts) => Finding[];
