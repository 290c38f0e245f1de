import { describeRouting } from "../../conformance/routing/routing-suite.ts";
import { upstreamRow } from "./real-row.ts";

describeRouting("real API server, upstream's controllers v0.2.1, kubelet", "v0.2.1", () =>
  upstreamRow("v0.2.1"),
);
