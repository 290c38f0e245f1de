import type { KubeObject, Stored } from "@sandgate/contract";
import { listPages } from "@sandgate/kube";
import { listSandboxes, type ListedSandbox } from "../cluster/list-sandboxes.ts";
import { servedSandboxes } from "../cluster/served-sandboxes.ts";
import { printed, sandboxOutput, type OutputFormat } from "../output/sandbox-output.ts";
import { formatAge, formatTable } from "../output/table.ts";
import { withCluster, type ClusterOptions } from "./cluster-session.ts";
import { print, say, type CommandContext } from "./context.ts";

export interface ListOptions extends ClusterOptions {
  user?: string;
  output: OutputFormat;
}

const HEADINGS = ["SANDBOX", "NAMESPACE", "STATE", "REASON", "AGE", "MESSAGE"];
/** Of a message, in a table; `sandgate get` shows the whole. */
const MESSAGE_LENGTH = 120;

/** `sandgate list`: the sandboxes of every namespace, or of one, with what the gateway says of each. */
export async function list(context: CommandContext, options: ListOptions): Promise<void> {
  await withCluster(context, options, async ({ client, flags }) => {
    const { namespace } = options;
    const { signal } = context;
    const served = await servedSandboxes(client, flags);
    const { sandboxes, withoutPods } = await listSandboxes(client, served, { namespace }, signal);
    const wanted = sandboxes
      .filter(({ user }) => options.user === undefined || user === options.user)
      .toSorted((a, b) => a.address.localeCompare(b.address));
    const shown = wanted.filter(({ unclaimed }) => !unclaimed);
    if (withoutPods !== null)
      say(context, `Pods cannot be read, so the Sandboxes' own words are shown: ${withoutPods}`);
    if (wanted.length > shown.length)
      say(context, `Not shown: ${wanted.length - shown.length} of warm pools, which nobody has claimed yet.`);
    if (options.output !== "table") {
      const objects = new Map<string, Stored<KubeObject>>();
      await listPages(client, served.resource, { namespace, signal }, (items) => {
        for (const item of items) objects.set(item.metadata.uid, item);
      });
      const outputs = shown.flatMap((listed) => {
        const object = objects.get(listed.uid);
        return object === undefined ? [] : [sandboxOutput(listed, object)];
      });
      print(context, printed(outputs, options.output));
    } else if (shown.length === 0) {
      say(context, "No sandboxes. Make one with: sandgate create alice/my-sandbox");
    } else {
      const now = Date.now();
      const rows = shown.map((listed) => rowOf(listed, now));
      print(context, formatTable(HEADINGS, rows));
    }
  });
}

function rowOf(listed: ListedSandbox, nowMs: number): string[] {
  const { address, namespace, state, reason, createdAtMs, message } = listed;
  const said = state === "Ready" ? "" : message.replaceAll(/\s+/g, " ");
  const short = said.length > MESSAGE_LENGTH ? `${said.slice(0, MESSAGE_LENGTH - 1)}…` : said;
  return [address, namespace, state, reason, formatAge(createdAtMs, nowMs), short];
}
