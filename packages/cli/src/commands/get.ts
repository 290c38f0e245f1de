import { ANNOTATION_PORT, type KubeObject, type PodTemplate, type Stored } from "@sandgate/contract";
import { apiVersionOf, normalizeSandbox } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import { findSandbox } from "../cluster/find-sandbox.ts";
import { listSandboxes, type ListedSandbox } from "../cluster/list-sandboxes.ts";
import { parseSandboxName } from "../cluster/sandbox-name.ts";
import { servedSandboxes } from "../cluster/served-sandboxes.ts";
import { lookAtSandbox } from "../doctor/look-at-sandbox.ts";
import { tellFinding } from "../doctor/tell-finding.ts";
import { printed, sandboxOutput, type OutputFormat } from "../output/sandbox-output.ts";
import { formatAge } from "../output/table.ts";
import { withCluster, type ClusterOptions } from "./cluster-session.ts";
import { print, say, type CommandContext } from "./context.ts";

export interface GetOptions extends ClusterOptions {
  output: OutputFormat;
}

/** `sandgate get SANDBOX`: one sandbox, what it is doing and why, and what mends it where it should be ready and is not. */
export async function get(context: CommandContext, name: string, options: GetOptions): Promise<void> {
  await withCluster(context, options, async ({ client, chosen, flags }) => {
    const { signal } = context;
    const wanted = parseSandboxName(name);
    const served = await servedSandboxes(client, flags);
    const object = await findSandbox(client, served.resource, wanted, options.namespace);
    const { uid, namespace } = object.metadata;
    const scope = { namespace: options.namespace, name: wanted.name };
    const { sandboxes, withoutPods } = await listSandboxes(client, served, scope, signal);
    const listed = sandboxes.find((one) => one.uid === uid);
    if (listed === undefined) throw new CliError(`Sandbox ${namespace}/${wanted.name} was deleted just now.`);
    if (withoutPods !== null)
      say(context, `Pods cannot be read, so the Sandbox's own words are shown: ${withoutPods}`);
    if (options.output !== "table") {
      print(context, printed(sandboxOutput(listed, object), options.output));
      return;
    }
    const gatewayUrl = chosen.running?.gatewayUrl ?? null;
    const rows = rowsOf(listed, object, gatewayUrl);
    rows.push(["API", apiVersionOf(served.resource)]);
    for (const [label, value] of rows) {
      if (value !== undefined && value !== "") print(context, `${`${label}:`.padEnd(11)} ${value}`);
    }
    if (listed.state === "Ready" || listed.state === "Conflict") return;
    const seen = await lookAtSandbox(client, served.versions, { namespace, name: wanted.name, uid }, signal);
    if (seen?.cause != null) print(context, `\n${tellFinding(seen.cause, flags)}`);
  });
}

function rowsOf(
  listed: ListedSandbox,
  object: Stored<KubeObject>,
  gatewayUrl: string | null,
): [string, string | undefined][] {
  const { spec } = object as { spec?: { podTemplate?: Partial<PodTemplate>; shutdownTime?: string } };
  const sandbox = normalizeSandbox(object);
  const why = [listed.reason, listed.message].filter((text) => text !== "").join(": ");
  return [
    ["Sandbox", listed.address],
    ["Namespace", listed.namespace],
    ["Mode", sandbox.desired],
    ["State", why === "" ? listed.state : `${listed.state} (${why})`],
    ["Pod", listed.pod ?? undefined],
    ["Pod IPs", listed.podIps.join(", ")],
    ["Service", sandbox.serviceFqdn ?? undefined],
    ["Image", spec?.podTemplate?.spec?.containers.map(({ image }) => image).join(", ")],
    ["Port", sandbox.annotations[ANNOTATION_PORT]],
    ["Shutdown", spec?.shutdownTime],
    ["Age", formatAge(listed.createdAtMs, Date.now())],
    ["URL", gatewayUrl === null ? undefined : `${gatewayUrl}/${listed.address}/`],
  ];
}
