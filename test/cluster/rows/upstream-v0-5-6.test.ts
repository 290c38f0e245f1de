import { describeUpstream } from "./real-row.ts";

describeUpstream("v0.5.6");
