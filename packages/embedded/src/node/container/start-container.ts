import { launch, refuseZeroBytes, type Launched, type LaunchOptions } from "./launch.ts";
import { logPath, prepareInstance } from "./instance-folder.ts";
import { LogWriter } from "./log-writer.ts";
import { limitsOf, planLaunch, type StartOptions } from "./plan-launch.ts";
import { RunningContainer } from "./running-container.ts";
import { makeStdioPipes, type StdioPipes } from "./stdio-pipes.ts";

/**
 * Starts an instance of a container: its folder, its control group, its pipes, then the process.
 *
 * @throws Error where something of that cannot be made, and nothing of it is left.
 */
export async function startContainer(options: StartOptions): Promise<RunningContainer> {
  const { context, container, folder, hostUid, instance, pod } = options;
  const root = await prepareInstance(folder, instance, hostUid);
  const plan = planLaunch(options, root);
  refuseZeroBytes(plan);
  const cgroup = context.cgroups.create(
    `${pod.metadata.uid}-${container.name}-${instance}`,
    limitsOf(container),
  );
  const { joinFiles } = cgroup;
  let log: LogWriter | undefined;
  try {
    // Before anything runs: on a full disk it may be what fails.
    log = new LogWriter(logPath(folder, instance), context.logPace);
    const output = await makeStdioPipes(folder, hostUid);
    const launched = launchOn(output, { ...plan, joinFiles });
    const target = { ...plan, joinFiles };
    return new RunningContainer({ container, folder, hostUid, launched, cgroup, target, log, output });
  } catch (error) {
    log?.end();
    cgroup.remove();
    throw error;
  }
}

function launchOn(output: StdioPipes, options: Omit<LaunchOptions, "output">): Launched {
  try {
    return launch({ ...options, output: output.writers });
  } catch (error) {
    for (const end of [output.stdout, output.stderr]) end.destroy();
    throw error;
  } finally {
    output.givenAway();
  }
}
