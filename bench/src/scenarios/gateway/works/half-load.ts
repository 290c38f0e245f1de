import { runGenerator } from "../load/generator.ts";
import { headOf } from "../load/open-websocket.ts";
import type { PacedTask } from "../load/paced-process.ts";
import { spread } from "../sandboxes.ts";
import { targetOf, type Work } from "./work.ts";

const CONNECTIONS = 64;
const SANDBOXES = 100;

/** How long answers take while the proxy is half as busy as nginx can be. */
export const HALF_LOAD: Work = {
  name: "p99",
  title: "small GET at half of what nginx manages",
  unit: "request",
  comparedBy: "latency",
  run(candidate, { seconds, halfRate }, meter) {
    const { host, port } = candidate;
    const requests = spread(candidate.sandboxes, "answering", SANDBOXES).map((sandbox) =>
      headOf("GET", targetOf(candidate, sandbox, "/small"), { Accept: "*/*" }),
    );
    const task: PacedTask = { host, port, requests, perSecond: halfRate, seconds, connections: CONNECTIONS };
    return runGenerator("paced-process.ts", { ...task }, meter);
  },
};
