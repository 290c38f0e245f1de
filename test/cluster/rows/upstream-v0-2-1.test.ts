import { describeRouting } from "../../conformance/routing/routing-suite.ts";
import { routedOf, upstreamCluster } from "./real-row.ts";

describeRouting("a real cluster with agent-sandbox v0.2.1", async () => {
  const cluster = await upstreamCluster("v0.2.1");
  return routedOf(cluster, "v0.2.1", () => cluster.close());
});
