import { describeRouting } from "../../conformance/routing/routing-suite.ts";
import { upstreamRow } from "./real-row.ts";

describeRouting("real API server, upstream's controllers v0.4.6, kubelet", "v0.4.6", () =>
  upstreamRow("v0.4.6"),
);
