import type { Binaries } from "../../binaries/cluster-binaries.ts";
import type { ClusterNetwork } from "../namespace.ts";
import type { Pki } from "../pki.ts";

/** What the programs of one cluster are told. */
export interface ClusterFacts {
  /** Folder of the cluster's state, configuration and logs. */
  readonly folder: string;
  readonly network: ClusterNetwork;
  readonly binaries: Binaries;
  readonly pki: Pki;
  /** Path of the kubeconfig of one of the users: `admin`, `kubelet`. */
  kubeconfig(user: "admin" | "kubelet"): string;
}

export const NODE_NAME = "node1";
export const API_PORT = 6443;
export const ETCD_URL = "http://127.0.0.1:2379";
