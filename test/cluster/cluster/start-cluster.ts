/** A real Kubernetes cluster with one node, in namespaces of its own. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createKubeClient,
  CUSTOM_RESOURCE_DEFINITIONS,
  loadKubeconfig,
  NODES,
  type KubeClient,
} from "@sandgate/kube";
import { stringify } from "yaml";
import { agentSandboxCrds, clusterBinaries } from "../binaries/cluster-binaries.ts";
import { ALL_PARTS, API_SERVER_PARTS } from "../binaries/parts.ts";
import type { AgentSandboxRelease } from "../binaries/versions.ts";
import { startComponent, type Component, type ProgramSpec } from "./component.ts";
import { importImage, pauseImage } from "./images.ts";
import { openNamespace, type ClusterNamespace } from "./namespace.ts";
import { makePki } from "./pki.ts";
import { agentSandbox } from "./programs/agent-sandbox.ts";
import { apiServer, controllerManager, etcd, scheduler } from "./programs/control-plane.ts";
import { API_PORT, NODE_NAME, type ClusterFacts } from "./programs/facts.ts";
import { containerd, coreDns, dnsObjects, kubelet, kubeProxy } from "./programs/node.ts";
import { startLocalVolumes, type LocalVolumes } from "./local-volumes.ts";
import { addRunningCluster } from "./running-clusters.ts";
import { sandboxImage } from "./sandbox-image.ts";
import { makeStateFolder, removeStateFolder } from "./state-folder.ts";
import { untilCondition } from "./until-condition.ts";
import { untilReady } from "./until-ready.ts";
import { untilServed } from "./until-served.ts";

export interface ClusterOptions {
  /** `api`: etcd and API server alone. `node`: everything, with a kubelet. */
  readonly parts: "api" | "node";
  /** Whose CRDs are installed. */
  readonly crds?: AgentSandboxRelease;
  /** Whether upstream's controllers of that release run. */
  readonly upstreamControllers?: boolean;
  /** False: the tests reach the node only, as from outside a cluster. */
  readonly reachable?: boolean;
  readonly say?: (line: string) => void;
}

export interface Cluster {
  readonly facts: ClusterFacts;
  readonly namespace: ClusterNamespace;
  /** An administrator's client. */
  readonly client: KubeClient;
  readonly kubeconfig: string;
  readonly server: string;
  component(name: string): Component;
  /** Starts one more program inside. */
  start(spec: ProgramSpec): Component;
  /** Runs kubectl as the administrator. @throws Error with its output if it fails. */
  kubectl(args: readonly string[], input?: string): string;
  installCrds(release: AgentSandboxRelease): Promise<void>;
  /** The last lines of every program's output. */
  logs(lines?: number): string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @throws Error with the logs of its programs if the cluster does not come up. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const say = options.say ?? ((line) => void process.stderr.write(`cluster: ${line}\n`));
  const binaries = await clusterBinaries(options.parts === "api" ? API_SERVER_PARTS : ALL_PARTS, say);
  const folder = makeStateFolder();
  const inside = await openNamespace({ reachable: options.reachable ?? true });
  const components = new Map<string, Component>();
  let client: KubeClient | null = null;
  let volumes: LocalVolumes | null = null;

  async function close(): Promise<void> {
    leaveRunning();
    await volumes?.close();
    await client?.close();
    await inside.close();
    removeStateFolder(folder);
  }
  const logs = (lines?: number): string =>
    [...components.values()].map((one) => `--- ${one.name}\n${one.tail(lines)}`).join("\n");
  const leaveRunning = addRunningCluster({ folder, logs });
  const start = (spec: ProgramSpec): Component => {
    const component = startComponent(inside, folder, spec);
    components.set(spec.name, component);
    return component;
  };

  try {
    const { network } = inside;
    const pki = await makePki(join(folder, "pki"));
    const server = `https://${network.nodeAddress}:${API_PORT}`;
    const serviceAddress = network.dnsAddress.replace(/\.10$/, ".1");
    const names = [network.nodeAddress, "127.0.0.1", serviceAddress, "kubernetes.default.svc"];
    await pki.issue("api-server", { user: "kube-apiserver", group: "servers" }, names);
    await pki.issue("admin", { user: "admin", group: "system:masters" });
    await pki.issue("kubelet", { user: `system:node:${NODE_NAME}`, group: "system:nodes" }, [
      network.nodeAddress,
      NODE_NAME,
    ]);
    const facts: ClusterFacts = {
      folder,
      network,
      binaries,
      pki,
      kubeconfig(user) {
        const path = join(folder, `${user}.kubeconfig`);
        writeFileSync(path, kubeconfigOf(server, pki.path("ca.crt"), pki.path(user)), { mode: 0o600 });
        return path;
      },
    };
    const kubeconfig = facts.kubeconfig("admin");
    facts.kubeconfig("kubelet");
    const admin = createKubeClient(await loadKubeconfig({ path: kubeconfig, env: {} }));
    client = admin;

    const kubectl: Cluster["kubectl"] = (args, input) => {
      const command = process.env["SANDGATE_TEST_KUBECTL"] ?? "kubectl";
      const run = spawnSync(
        command,
        ["--kubeconfig", kubeconfig, "--cache-dir", join(folder, "kubectl-cache"), ...args],
        { encoding: "utf8", ...(input === undefined ? {} : { input }) },
      );
      if (run.status !== 0) throw new Error(`kubectl ${args.join(" ")}: ${run.error?.message ?? run.stderr}`);
      return run.stdout;
    };
    const apply = (objects: readonly object[]): string =>
      kubectl(["apply", "--server-side", "-f", "-"], objects.map((one) => stringify(one)).join("---\n"));
    const installCrds: Cluster["installCrds"] = async (release) => {
      kubectl(["apply", "--server-side", "--force-conflicts", "-f", agentSandboxCrds(release)]);
      await untilCondition(admin, CUSTOM_RESOURCE_DEFINITIONS, "Established");
      await untilServed(admin);
    };

    start(etcd(facts));
    start(apiServer(facts));
    if (options.parts === "node") start(containerd(facts));
    await untilReady(client, () => logs());
    if (options.parts === "node") {
      start(controllerManager(facts));
      start(scheduler(facts));
      importImage(inside, folder, await pauseImage(folder, binaries));
      importImage(inside, folder, await sandboxImage(folder));
      start(kubelet(facts));
      start(kubeProxy(facts));
      start(coreDns(facts));
      apply(dnsObjects(facts));
      volumes = await startLocalVolumes(client, join(folder, "volumes"));
    }
    if (options.crds !== undefined) {
      await installCrds(options.crds);
      if (options.upstreamControllers === true) start(agentSandbox(facts, options.crds));
    }
    if (options.parts === "node") await untilCondition(client, NODES, "Ready");
    const ended = [...components.values()].filter((one) => !one.running);
    if (ended.length > 0) throw new Error(`${ended.map((one) => one.name).join(", ")} ended by themselves`);
    return {
      facts,
      namespace: inside,
      client,
      kubeconfig,
      server,
      component(name) {
        const found = components.get(name);
        if (found === undefined)
          throw new Error(`no program ${name}; there are ${[...components.keys()].join(", ")}`);
        return found;
      },
      start,
      kubectl,
      installCrds,
      logs,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    const output = logs();
    await close();
    throw new Error(`The cluster did not come up: ${String(error)}\n${output}`, { cause: error });
  }
}

function kubeconfigOf(server: string, ca: string, identity: string): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [{ name: "test", cluster: { server, "certificate-authority": ca } }],
    users: [
      { name: "test", user: { "client-certificate": `${identity}.crt`, "client-key": `${identity}.key` } },
    ],
  });
}
