import { isReady, openTestNode } from "./test-node.ts";

/** A node in a process of its own, for a test to kill: one pod that runs, which is said by a line. */
const [dataDir = "", marker = ""] = process.argv.slice(2);
const node = await openTestNode({ dataDir });
await node.script("survivor", `sleep ${marker} & trap '' TERM HUP; while :; do sleep ${marker}; done`, {
  restartPolicy: "Always",
});
await node.until("survivor", isReady);
process.stdout.write("ready\n");
