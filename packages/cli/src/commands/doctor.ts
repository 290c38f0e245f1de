import { ConfigError } from "@sandgate/contract";
import type { KubeClient } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import { loadGatewayConfig } from "../config-flags.ts";
import { parseAskedAddress, printAskedAddress, type AskedAddress } from "../doctor/asked-address.ts";
import { unreadFinding } from "../doctor/checks/check-rights.ts";
import { withClusterFlags } from "../doctor/cluster-flags.ts";
import { closedPort, examineAddress, targetOf } from "../doctor/examine-address.ts";
import { examine } from "../doctor/examine.ts";
import { SETTING_KEYS, type Facts, type GatewaySettings } from "../doctor/facts.ts";
import type { Finding } from "../doctor/finding.ts";
import type { FindingId } from "../doctor/findings.ts";
import { gatherFacts } from "../doctor/gather/gather-facts.ts";
import { probePort } from "../doctor/gather/probe-port.ts";
import { groupFindings } from "../doctor/group-findings.ts";
import { createProgress } from "../doctor/progress.ts";
import { printReport, reportOf } from "../doctor/report.ts";
import { withCluster, type ClusterOptions } from "./cluster-session.ts";
import { print, type CommandContext } from "./context.ts";

export interface DoctorOptions extends ClusterOptions {
  json: boolean;
  /** Findings that do not count. */
  ignore?: readonly FindingId[];
}

/**
 * `sandgate doctor [SANDBOX]`: what keeps sandboxes, or one, from being reached.
 *
 * @returns Exit code: 1 where there are findings.
 */
export async function doctor(
  context: CommandContext,
  address: string | undefined,
  options: DoctorOptions,
): Promise<number> {
  const asked = address === undefined ? null : parseAskedAddress(address);
  const told = await settingsOf(options, context.env);
  return withCluster(context, options, async ({ client, chosen, flags }) => {
    const progress = createProgress(context.stderr);
    const { signal } = context;
    const look = async (): Promise<{ facts: Facts; findings: Finding[] }> => {
      const facts = await gatherFacts({
        client,
        told,
        namespace: options.namespace,
        name: asked?.name,
        signal,
        onProgress: (what, count) => progress.show(what, count),
      });
      if (asked === null) return { facts, findings: examine(facts) };
      const cause = examineAddress(facts, asked) ?? (await examinePort(client, facts, asked, signal));
      return { facts, findings: cause === null ? [] : [cause] };
    };
    const { facts, findings } = await look().finally(() => progress.clear());
    const counted = findings.filter(({ id }) => options.ignore?.includes(id) !== true);
    const groups = groupFindings(counted).map((group) => ({
      ...group,
      command: withClusterFlags(group.command, flags),
    }));
    const report = reportOf(facts, groups, {
      address: asked === null ? null : printAskedAddress(asked),
      origin: chosen.origin,
    });
    print(context, options.json ? JSON.stringify(report, null, 2) : printReport(report));
    return report.well ? 0 : 1;
  });
}

/** Where everything looks well, whether something listens. */
async function examinePort(
  client: KubeClient,
  facts: Facts,
  asked: AskedAddress,
  signal: AbortSignal,
): Promise<Finding | null> {
  const target = targetOf(facts, asked);
  if (target === null) return null;
  const { namespace, podName } = target.fact.route;
  if (podName === null) return null;
  const state = await probePort(client, { namespace, pod: podName }, target.port, signal);
  if (state === "open") return null;
  if (state === "closed") return closedPort(target);
  // Older API servers count a port-forward as a get, newer ones as a create.
  const [finding = null] = unreadFinding(
    ["get", "create"].map((verb) => ({ what: "pods/portforward", verb, ...state })),
  );
  return finding;
}

/**
 * What flags, environment and file say of the gateway.
 *
 * @throws CliError that the question is wrong.
 */
async function settingsOf(options: DoctorOptions, env: NodeJS.ProcessEnv): Promise<Partial<GatewaySettings>> {
  try {
    const { values, origins } = await loadGatewayConfig({ ...options }, env);
    return Object.fromEntries(
      SETTING_KEYS.flatMap((key) => (origins[key] === "default" ? [] : [[key, values[key]]])),
    );
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message, { exitCode: 2, cause: error });
    throw error;
  }
}
