/** etcd, the API server, the controller manager and the scheduler. */
import { join } from "node:path";
import type { ProgramSpec } from "../component.ts";
import { API_PORT, ETCD_URL, type ClusterFacts } from "./facts.ts";

export function etcd({ folder, binaries }: ClusterFacts): ProgramSpec {
  return {
    name: "etcd",
    command: binaries("etcd"),
    args: [
      `--data-dir=${join(folder, "etcd")}`,
      `--listen-client-urls=${ETCD_URL}`,
      `--advertise-client-urls=${ETCD_URL}`,
      "--listen-peer-urls=http://127.0.0.1:2380",
      // What a test writes need not survive the machine.
      "--unsafe-no-fsync",
    ],
  };
}

export function apiServer({ binaries, pki, network }: ClusterFacts): ProgramSpec {
  return {
    name: "kube-apiserver",
    command: binaries("kube-apiserver"),
    args: [
      `--etcd-servers=${ETCD_URL}`,
      "--bind-address=0.0.0.0",
      `--advertise-address=${network.nodeAddress}`,
      `--secure-port=${API_PORT}`,
      `--tls-cert-file=${pki.path("api-server.crt")}`,
      `--tls-private-key-file=${pki.path("api-server.key")}`,
      `--client-ca-file=${pki.path("ca.crt")}`,
      `--kubelet-client-certificate=${pki.path("admin.crt")}`,
      `--kubelet-client-key=${pki.path("admin.key")}`,
      "--kubelet-preferred-address-types=InternalIP",
      `--service-account-key-file=${pki.path("service-accounts.pub")}`,
      `--service-account-signing-key-file=${pki.path("service-accounts.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      "--authorization-mode=Node,RBAC",
      `--service-cluster-ip-range=${network.serviceRange}`,
      "--allow-privileged",
    ],
  };
}

export function controllerManager({ binaries, pki, network, kubeconfig }: ClusterFacts): ProgramSpec {
  const access = kubeconfig("admin");
  return {
    name: "kube-controller-manager",
    command: binaries("kube-controller-manager"),
    args: [
      `--kubeconfig=${access}`,
      `--authentication-kubeconfig=${access}`,
      `--authorization-kubeconfig=${access}`,
      `--service-account-private-key-file=${pki.path("service-accounts.key")}`,
      `--root-ca-file=${pki.path("ca.crt")}`,
      "--use-service-account-credentials",
      "--allocate-node-cidrs",
      `--cluster-cidr=${network.podRange}`,
      "--node-cidr-mask-size=24",
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
    ],
  };
}

export function scheduler({ binaries, kubeconfig }: ClusterFacts): ProgramSpec {
  return {
    name: "kube-scheduler",
    command: binaries("kube-scheduler"),
    args: [`--kubeconfig=${kubeconfig("admin")}`, "--leader-elect=false", "--bind-address=127.0.0.1"],
  };
}
