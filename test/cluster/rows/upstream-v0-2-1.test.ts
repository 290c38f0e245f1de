import { describeUpstream } from "./real-row.ts";

describeUpstream("v0.2.1");
