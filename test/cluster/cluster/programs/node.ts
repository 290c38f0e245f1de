/** containerd, the kubelet, kube-proxy and the cluster's DNS. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ProgramSpec } from "../component.ts";
import { NODE_NAME, type ClusterFacts } from "./facts.ts";

export const PAUSE_IMAGE = "sandgate.test/pause:1";
const DNS_PORT = 1053;

export const containerdSocket = (folder: string): string => join(folder, "containerd", "containerd.sock");

/** The pod network is one bridge on the node; the plugins are Debian's. */
export function containerd({ folder, network }: ClusterFacts): ProgramSpec {
  const cni = join(folder, "cni");
  mkdirSync(cni, { recursive: true });
  writeFileSync(
    join(cni, "10-pods.conflist"),
    JSON.stringify({
      cniVersion: "1.0.0",
      name: "pods",
      plugins: [
        {
          type: "bridge",
          bridge: "pods0",
          isGateway: true,
          ipMasq: false,
          hairpinMode: true,
          ipam: {
            type: "host-local",
            dataDir: join(folder, "cni-addresses"),
            ranges: [[{ subnet: network.podRange }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
      ],
    }),
  );
  mkdirSync(join(folder, "containerd"), { recursive: true });
  const config = join(folder, "containerd", "config.toml");
  writeFileSync(
    config,
    `version = 2
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
[grpc]
  address = "${containerdSocket(folder)}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE, as in many containers and virtual machines, runc may not lower the score and fails.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${cni}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`,
  );
  return { name: "containerd", command: "containerd", args: ["-c", config] };
}

export function kubelet({ folder, binaries, pki, network, kubeconfig }: ClusterFacts): ProgramSpec {
  const config = writeConfig(folder, "kubelet.yaml", {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: "0.0.0.0",
    port: 10250,
    failCgroupV1: false,
    cgroupDriver: "cgroupfs",
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    resolvConf: "",
    // The usual folder would be shared with other clusters' kubelets, and each clears what it does not know.
    podLogsDir: join(folder, "pod-logs"),
    containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
    clusterDomain: "cluster.local",
    clusterDNS: [network.dnsAddress],
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki.path("ca.crt") },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: pki.path("kubelet.crt"),
    tlsPrivateKeyFile: pki.path("kubelet.key"),
    imageGCHighThresholdPercent: 100,
    // The disk of the machine that runs the tests is not the test's subject.
    evictionHard: {
      "memory.available": "1Mi",
      "nodefs.available": "0%",
      "imagefs.available": "0%",
      "nodefs.inodesFree": "0%",
    },
  });
  return {
    name: "kubelet",
    command: binaries("kubelet"),
    args: [
      `--config=${config}`,
      `--kubeconfig=${kubeconfig("kubelet")}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${network.nodeAddress}`,
      `--root-dir=${join(folder, "kubelet")}`,
      `--cert-dir=${join(folder, "kubelet-pki")}`,
    ],
  };
}

export function kubeProxy({ folder, binaries, network, kubeconfig }: ClusterFacts): ProgramSpec {
  const config = writeConfig(folder, "kube-proxy.yaml", {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    clusterCIDR: network.podRange,
    bindAddress: "127.0.0.1",
    clientConnection: { kubeconfig: kubeconfig("admin") },
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
    // The limits of connection tracking are the machine's and read-only in a namespace: they are left alone.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    nodePortAddresses: ["127.0.0.0/8", `${network.nodeAddress}/32`],
  });
  return {
    name: "kube-proxy",
    command: binaries("kube-proxy"),
    args: [`--config=${config}`, `--hostname-override=${NODE_NAME}`],
  };
}

export function coreDns({ folder, binaries, network, kubeconfig }: ClusterFacts): ProgramSpec {
  const config = join(folder, "Corefile");
  writeFileSync(
    config,
    `.:${DNS_PORT} {
  errors
  ready 127.0.0.1:8181
  kubernetes cluster.local {
    kubeconfig ${kubeconfig("admin")} test
  }
  bind ${network.nodeAddress}
}
`,
  );
  return { name: "coredns", command: binaries("coredns"), args: ["-conf", config] };
}

/** The Service of the cluster's DNS, and its one endpoint on the node. */
export function dnsObjects({ network }: ClusterFacts): readonly object[] {
  const protocols = [
    { name: "dns", protocol: "UDP" },
    { name: "dns-tcp", protocol: "TCP" },
  ];
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kube-dns", namespace: "kube-system" },
      spec: {
        clusterIP: network.dnsAddress,
        ports: protocols.map((one) => ({ ...one, port: 53, targetPort: DNS_PORT })),
      },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "kube-dns-node",
        namespace: "kube-system",
        labels: { "kubernetes.io/service-name": "kube-dns" },
      },
      addressType: "IPv4",
      ports: protocols.map((one) => ({ ...one, port: DNS_PORT })),
      endpoints: [{ addresses: [network.nodeAddress] }],
    },
  ];
}

/** In block style: a file that begins with a brace would be read as JSON. */
function writeConfig(folder: string, name: string, content: object): string {
  const path = join(folder, name);
  writeFileSync(path, stringify(content));
  return path;
}
