import { afterAll, beforeAll } from "vitest";
import { describeRouting } from "../../conformance/routing/routing-suite.ts";
import { describeConformance } from "../../conformance/suite.ts";
import type { Cluster } from "../cluster/start-cluster.ts";
import { conformanceOf, routedOf, upstreamCluster } from "./real-row.ts";

let cluster: Cluster | null = null;
const opened = (): Cluster => {
  if (cluster === null) throw new Error("the cluster did not open");
  return cluster;
};
const keep = (): Promise<void> => Promise.resolve();

beforeAll(async () => {
  cluster = await upstreamCluster("v0.5.6");
});
afterAll(async () => {
  await cluster?.close();
});

describeConformance("real API server, upstream's controllers v0.5.6, kubelet", () =>
  Promise.resolve(conformanceOf(opened(), keep)),
);
describeRouting("a real cluster with agent-sandbox v0.5.6", () =>
  Promise.resolve(routedOf(opened(), "v0.5.6", keep)),
);
