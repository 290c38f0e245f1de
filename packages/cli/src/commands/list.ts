import { ANNOTATION_PORT, type Sandbox, type Stored } from "@sandgate/contract";
import { SANDBOXES } from "@sandgate/kube";
import { stringify } from "yaml";
import { findSandbox, userOf } from "../cluster/find-sandbox.ts";
import { parseSandboxName, printSandboxName } from "../cluster/sandbox-name.ts";
import { readyCondition } from "../cluster/wait-for-ready.ts";
import { formatAge, formatTable } from "../output/table.ts";
import { withCluster, type ClusterOptions } from "./cluster-session.ts";
import { print, say, type CommandContext } from "./context.ts";

export type OutputFormat = "table" | "json" | "yaml";

export interface ListOptions extends ClusterOptions {
  user?: string;
  output: OutputFormat;
}

/** `sandgate list`: the sandboxes of every namespace, or of one. */
export async function list(context: CommandContext, options: ListOptions): Promise<void> {
  await withCluster(context, options, async ({ client }) => {
    const { items } = await client.list(SANDBOXES, { namespace: options.namespace });
    const shown = items
      .filter((item) => options.user === undefined || userOf(item) === options.user)
      .toSorted((a, b) => addressOf(a).localeCompare(addressOf(b)));
    if (options.output !== "table") {
      print(context, printed(shown, options.output));
      return;
    }
    if (shown.length === 0) {
      say(context, "No sandboxes. Make one with: sandgate create alice/my-sandbox");
      return;
    }
    const now = Date.now();
    const rows = shown.map((item) => [
      addressOf(item),
      item.metadata.namespace ?? "",
      ...summaryOf(item),
      formatAge(Date.parse(item.metadata.creationTimestamp ?? ""), now),
    ]);
    print(context, formatTable(["SANDBOX", "NAMESPACE", "READY", "REASON", "AGE"], rows));
  });
}

export interface GetOptions extends ClusterOptions {
  output: OutputFormat;
}

/** `sandgate get SANDBOX`: one sandbox, what it is doing and why. */
export async function get(context: CommandContext, name: string, options: GetOptions): Promise<void> {
  await withCluster(context, options, async ({ client, chosen }) => {
    const sandbox = await findSandbox(client, parseSandboxName(name), options);
    if (options.output !== "table") {
      print(context, printed(sandbox, options.output));
      return;
    }
    const { metadata, spec, status } = sandbox;
    const ready = readyCondition(sandbox);
    const rows: [string, string | undefined][] = [
      ["Sandbox", addressOf(sandbox)],
      ["Namespace", metadata.namespace],
      ["Mode", spec.operatingMode ?? "Running"],
      ["Ready", ready === undefined ? "Unknown" : `${ready.status} (${ready.reason}: ${ready.message})`],
      ["Pod IPs", status?.podIPs?.join(", ")],
      ["Service", status?.serviceFQDN],
      ["Image", spec.podTemplate.spec.containers.map((container) => container.image).join(", ")],
      ["Port", metadata.annotations?.[ANNOTATION_PORT]],
      ["Shutdown", spec.shutdownTime],
      ["Age", formatAge(Date.parse(metadata.creationTimestamp ?? ""), Date.now())],
      ["URL", chosen.running === null ? undefined : `${chosen.running.gatewayUrl}/${addressOf(sandbox)}/`],
    ];
    for (const [label, value] of rows) {
      if (value !== undefined && value !== "") print(context, `${`${label}:`.padEnd(11)} ${value}`);
    }
  });
}

function addressOf(sandbox: Stored<Sandbox>): string {
  return printSandboxName({ user: userOf(sandbox), name: sandbox.metadata.name });
}

function summaryOf(sandbox: Sandbox): [string, string] {
  const ready = readyCondition(sandbox);
  return [ready?.status ?? "Unknown", ready?.reason ?? ""];
}

function printed(value: unknown, format: "json" | "yaml"): string {
  return format === "json" ? JSON.stringify(value, null, 2) : stringify(value).trimEnd();
}
