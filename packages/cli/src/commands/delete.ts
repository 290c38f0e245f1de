import { isKubeError } from "@sandgate/kube";
import { setTimeout as delay } from "node:timers/promises";
import { CliError } from "../cli-error.ts";
import { findSandbox } from "../cluster/find-sandbox.ts";
import { parseSandboxName, printSandboxName } from "../cluster/sandbox-name.ts";
import { servedSandboxes } from "../cluster/served-sandboxes.ts";
import { withCluster, type ClusterOptions } from "./cluster-session.ts";
import { say, type CommandContext } from "./context.ts";

export interface DeleteOptions extends ClusterOptions {
  wait: boolean;
  timeout: number;
}

/** How often the object is looked for; a watch would be answered no sooner than a person notices. */
const LOOK_EVERY_MS = 200;

/** `sandgate delete SANDBOX…`: deletes each with its pod and Service, and waits until they are gone. */
export async function remove(
  context: CommandContext,
  names: readonly string[],
  options: DeleteOptions,
): Promise<void> {
  const wanted = names.map(parseSandboxName);
  await withCluster(context, options, async ({ client, flags }) => {
    const { resource } = await servedSandboxes(client, flags);
    for (const name of wanted) {
      const { metadata } = await findSandbox(client, resource, name, options.namespace);
      const key = { namespace: metadata.namespace, name: metadata.name };
      await client.delete(resource, key, {
        propagationPolicy: "Foreground",
        preconditions: { uid: metadata.uid },
      });
      const deadline = Date.now() + options.timeout * 1000;
      while (options.wait) {
        try {
          const now = await client.get(resource, key);
          if (now.metadata.uid !== metadata.uid) break;
        } catch (error) {
          if (isKubeError(error) && error.reason === "NotFound") break;
          throw error;
        }
        if (Date.now() > deadline) {
          throw new CliError(`${printSandboxName(name)} is still being deleted after ${options.timeout} s.`);
        }
        await delay(LOOK_EVERY_MS, undefined, { signal: context.signal });
      }
      say(context, `deleted ${printSandboxName(name)}`);
    }
  });
}
