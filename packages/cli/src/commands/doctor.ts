import { ConfigError } from "@sandgate/contract";
import { CliError } from "../cli-error.ts";
import { readGatewayConfig } from "../config-flags.ts";
import { examine } from "../doctor/examine.ts";
import type { GatewaySettings } from "../doctor/facts.ts";
import type { FindingId } from "../doctor/findings.ts";
import { gatherFacts } from "../doctor/gather/gather-facts.ts";
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
  const settings = await settingsOf(options, context.env);
  return withCluster(context, options, async ({ client, chosen }) => {
    const progress = createProgress(context.stderr);
    const facts = await gatherFacts({
      client,
      settings,
      namespace: options.namespace ?? settings.watchNamespace,
      signal: context.signal,
      onProgress: (what, count) => progress.show(what, count),
    }).finally(() => progress.clear());
    const groups = groupFindings(examine(facts).filter(({ id }) => options.ignore?.includes(id) !== true));
    const report = reportOf(facts, groups, { address: address ?? null, origin: chosen.origin });
    print(context, options.json ? JSON.stringify(report, null, 2) : printReport(report));
    return report.well ? 0 : 1;
  });
}

/** @throws CliError that the question is wrong. */
async function settingsOf(options: DoctorOptions, env: NodeJS.ProcessEnv): Promise<GatewaySettings> {
  try {
    return await readGatewayConfig({ ...options }, env);
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message, { exitCode: 2, cause: error });
    throw error;
  }
}
