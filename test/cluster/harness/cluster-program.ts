/**
 * A test run to be killed: starts a cluster of the parts that it is told, prints where it is, and stays. One with a node runs
 * a pod with a volume, which is reached through a Service.
 */
import { untilReadyPod } from "./until-ready-pod.ts";
import { startCluster } from "../cluster/start-cluster.ts";

const parts = process.argv[2] === "node" ? "node" : "api";
const cluster = await startCluster({ parts });
if (parts === "node") await untilReadyPod(cluster);
const { folder, network } = cluster.facts;
process.stdout.write(`${JSON.stringify({ folder, hostAddress: network.hostAddress })}\n`);
