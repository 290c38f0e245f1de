/** A test run to be killed: starts a cluster, prints where it is, and stays. */
import { startCluster } from "../cluster/start-cluster.ts";

const { facts } = await startCluster({ parts: "api" });
process.stdout.write(`${JSON.stringify({ folder: facts.folder, hostAddress: facts.network.hostAddress })}\n`);
