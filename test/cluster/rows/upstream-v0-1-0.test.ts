import { describeRouting } from "../../conformance/routing/routing-suite.ts";
import { routedOf, upstreamCluster } from "./real-row.ts";

describeRouting("a real cluster with agent-sandbox v0.1.0", async () => {
  const cluster = await upstreamCluster("v0.1.0");
  return routedOf(cluster, "v0.1.0", () => cluster.close());
});
