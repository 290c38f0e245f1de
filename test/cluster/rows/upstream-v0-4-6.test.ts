import { describeUpstream } from "./real-row.ts";

describeUpstream("v0.4.6");
