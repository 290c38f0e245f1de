/**
 * Starts a cluster for trying things by hand: `node test/cluster/start.ts [release]`; Ctrl-C ends it. Services get
 * addresses of a balancer, pods and Services are reached from this machine.
 */
import { once } from "node:events";
import { AGENT_SANDBOX_RELEASES } from "./binaries/versions.ts";
import { startLoadBalancers } from "./cluster/load-balancers.ts";
import { containerdSocket } from "./cluster/programs/node.ts";
import { startCluster } from "./cluster/start-cluster.ts";

const release = AGENT_SANDBOX_RELEASES.find((one) => one === (process.argv[2] ?? "v0.5.6"));
if (release === undefined) throw new Error(`releases are ${AGENT_SANDBOX_RELEASES.join(", ")}`);
await using cluster = await startCluster({ parts: "node", crds: release, upstreamControllers: true });
const balancers = await startLoadBalancers(cluster.client, cluster.namespace);
cluster.kubectl(["create", "namespace", "agent-sandbox-system"]);
process.stdout.write(`export KUBECONFIG=${cluster.kubeconfig}
# An image, from its archive: ctr --address ${containerdSocket(cluster.facts.folder)} --namespace k8s.io images import FILE
`);
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await balancers.close();
