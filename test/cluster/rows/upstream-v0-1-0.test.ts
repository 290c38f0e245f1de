import { describeUpstream } from "./real-row.ts";

describeUpstream("v0.1.0");
