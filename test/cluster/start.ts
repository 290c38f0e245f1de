/** Starts a cluster for trying things by hand: `node test/cluster/start.ts [release]`; Ctrl-C ends it. */
import { once } from "node:events";
import { AGENT_SANDBOX_RELEASES } from "./binaries/versions.ts";
import { startCluster } from "./cluster/start-cluster.ts";

const release = AGENT_SANDBOX_RELEASES.find((one) => one === (process.argv[2] ?? "v0.5.6"));
if (release === undefined) throw new Error(`releases are ${AGENT_SANDBOX_RELEASES.join(", ")}`);
await using cluster = await startCluster({ parts: "node", crds: release, upstreamControllers: true });
process.stdout.write(`export KUBECONFIG=${cluster.kubeconfig}\n`);
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
