import { existsSync, readdirSync } from "node:fs";
import { runProgram } from "../run-program.ts";

/**
 * Removes bridge, namespaces and rules of a data folder, of whatever process.
 *
 * @param id - Eight hex digits of the data folder.
 */
export async function removePodNetwork(id: string): Promise<void> {
  const bridge = `sg${id}`;
  const namespaces = existsSync("/run/netns")
    ? readdirSync("/run/netns").filter((name) => name.startsWith(`${bridge}-`))
    : [];
  if (namespaces.length > 0) {
    // One that is going already is no failure.
    await runProgram(
      "ip",
      ["-force", "-batch", "-"],
      namespaces.map((name) => `netns delete ${name}`).join("\n"),
    ).catch((error: unknown) => {
      if (!(error as Error).message.includes("No such file")) throw error;
    });
  }
  if (existsSync(`/sys/class/net/${bridge}`)) await runProgram("ip", ["link", "delete", bridge]);
  // Adding it first makes the deletion possible whether it is there or not.
  await runProgram("nft", ["-f", "-"], `add table inet sandgate_${id}\ndelete table inet sandgate_${id}\n`);
}
