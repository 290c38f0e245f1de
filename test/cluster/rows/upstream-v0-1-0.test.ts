import { describeRouting } from "../../conformance/routing/routing-suite.ts";
import { upstreamRow } from "./real-row.ts";

describeRouting("real API server, upstream's controllers v0.1.0, kubelet", "v0.1.0", () =>
  upstreamRow("v0.1.0"),
);
