/** Runs `sandgate doctor` as a user does, and the commands that it names. */
import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { FindingId } from "../../packages/cli/src/doctor/findings.ts";
import type { Report } from "../../packages/cli/src/doctor/report.ts";
import { runSandgate } from "./sandgate-up.ts";

export interface Doctor {
  /** The report. @throws Error where the exit code is not the one that belongs to it. */
  report(...args: string[]): Report;
  /** What it prints for a person. */
  text(...args: string[]): string;
  /** The first group of a finding. @throws Error with the report if it is not found. */
  finding(id: FindingId, ...args: string[]): Report["findings"][number];
  /** Ids of everything that is found. */
  ids(...args: string[]): FindingId[];
  /** The same, as soon as it is found. */
  until(id: FindingId, ...args: string[]): Promise<Report["findings"][number]>;
  /** Resolves when these are found and nothing else. @throws Error with what is found if that lasts. */
  settles(ids: readonly FindingId[], ...args: string[]): Promise<void>;
  /** Runs a finding's command in a shell. @throws Error with its output if it fails. */
  mend(finding: Pick<Report["findings"][number], "command">, words?: Readonly<Record<string, string>>): void;
}

const PATIENCE_MS = 60_000;

/** @param flags - How the cluster is named, as in `--kubeconfig FILE`. */
export function doctorOf(flags: readonly string[], env: NodeJS.ProcessEnv = {}): Doctor {
  const run = (args: readonly string[]): ReturnType<typeof runSandgate> =>
    runSandgate(["doctor", ...flags, ...args], env);
  const report: Doctor["report"] = (...args) => {
    const { status, stdout, stderr } = run(["--json", ...args]);
    if (stdout === "") throw new Error(`no report, exit code ${status}: ${stderr}`);
    const parsed = JSON.parse(stdout) as Report;
    const expected = parsed.findings.length === 0 ? 0 : 1;
    if (status !== expected || parsed.well !== (expected === 0))
      throw new Error(`exit code ${status} with ${stdout}`);
    return parsed;
  };
  const finding: Doctor["finding"] = (id, ...args) => {
    const { findings } = report(...args);
    const found = findings.find((one) => one.id === id);
    if (found === undefined) throw new Error(`no ${id} in ${JSON.stringify(findings, null, 1)}`);
    return found;
  };
  return {
    report,
    finding,
    ids: (...args) => report(...args).findings.map(({ id }) => id),
    text(...args) {
      return run(args).stdout;
    },
    until: (id, ...args) => patiently(() => finding(id, ...args)),
    settles: (ids, ...args) =>
      patiently(() => {
        const { findings } = report(...args);
        if (findings.map(({ id }) => id).join() !== ids.join())
          throw new Error(`not ${ids.join(", ") || "well"}: ${JSON.stringify(findings, null, 1)}`);
      }),
    mend({ command }, words = {}) {
      const line = Object.entries(words).reduce(
        (text, [word, value]) => text.replaceAll(word, value),
        command,
      );
      const kubectl = process.env["SANDGATE_TEST_KUBECTL"] ?? "kubectl";
      const script = `kubectl() { command '${kubectl}' "$@"; }\n${line}`;
      const { status, stdout, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
      if (status !== 0) throw new Error(`${line}: exit code ${status}\n${stdout}${stderr}`);
    },
  };
}

/** Tries until it does not throw. What a cluster does meanwhile has no one event to wait for. */
async function patiently<T>(attempt: () => T): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await delay(250);
  }
}
