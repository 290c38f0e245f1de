import { describeConformance } from "../../conformance/suite.ts";
import { upstreamRow } from "./real-row.ts";

describeConformance("real API server, upstream's controllers v0.5.6, kubelet", () => upstreamRow("v0.5.6"));
