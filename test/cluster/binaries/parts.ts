import { AGENT_SANDBOX_RELEASES, COREDNS, ETCD, KUBERNETES, TRAEFIK } from "./versions.ts";

/** One program that is built from a Go module which pins it. */
export interface Part {
  /** Its file in the folder of binaries, for example `agent-sandbox/v0.5.6/controller`. */
  readonly file: string;
  readonly version: string;
  /** Folder of the module, below `modules`. */
  readonly module: string;
  readonly package: string;
  /** `-X` assignments for the linker. */
  readonly stamps?: Readonly<Record<string, string>>;
}

const [MAJOR = "", MINOR = ""] = KUBERNETES.split(".");
/** Clients cannot parse the version of an API server that was built without these. */
const KUBERNETES_STAMPS = {
  "k8s.io/component-base/version.gitVersion": `v${KUBERNETES}`,
  "k8s.io/component-base/version.gitMajor": MAJOR,
  "k8s.io/component-base/version.gitMinor": MINOR,
};

const kubernetes = (program: string): Part => ({
  file: program,
  version: KUBERNETES,
  module: "kubernetes",
  package: `k8s.io/kubernetes/cmd/${program}`,
  stamps: KUBERNETES_STAMPS,
});

/** Of a control plane without nodes. */
export const API_SERVER_PARTS: readonly Part[] = [
  { file: "etcd", version: ETCD, module: "kubernetes", package: "go.etcd.io/etcd/server/v3" },
  kubernetes("kube-apiserver"),
];

/** Of a cluster with one node. */
export const CLUSTER_PARTS: readonly Part[] = [
  ...API_SERVER_PARTS,
  kubernetes("kube-controller-manager"),
  kubernetes("kube-scheduler"),
  kubernetes("kubelet"),
  kubernetes("kube-proxy"),
  { file: "coredns", version: COREDNS, module: "coredns", package: "." },
  { file: "pause", version: "1", module: "pause", package: "." },
];

/** Upstream's controllers, one program per release. */
export const CONTROLLER_PARTS: readonly Part[] = AGENT_SANDBOX_RELEASES.map((release) => ({
  file: `agent-sandbox/${release}/controller`,
  version: release,
  module: `agent-sandbox/${release}`,
  package: "sigs.k8s.io/agent-sandbox/cmd/agent-sandbox-controller",
}));

/** Upstream's router, written in Go since v0.5.1. */
export const ROUTER_PART: Part = {
  file: "agent-sandbox/v0.5.6/router",
  version: "v0.5.6",
  module: "agent-sandbox/v0.5.6",
  package: "sigs.k8s.io/agent-sandbox/sandbox-router/cmd",
};

/** Of the one test that needs it: it takes three minutes to build. */
export const TRAEFIK_PART: Part = {
  file: "traefik",
  version: TRAEFIK,
  module: "traefik",
  package: "github.com/traefik/traefik/v3/cmd/traefik",
};

export const ALL_PARTS: readonly Part[] = [...CLUSTER_PARTS, ...CONTROLLER_PARTS, ROUTER_PART];
