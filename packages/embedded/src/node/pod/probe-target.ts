import type { RunningContainer } from "../container/running-container.ts";
import type { LivePod } from "./live-pod.ts";
import type { ProbeTarget } from "./probe.ts";

const OPTIONS = { stdin: false, stdout: true, stderr: true, tty: false } as const;

/** A running container, for its probes and hooks. */
export function probeTarget(pod: LivePod, started: RunningContainer): ProbeTarget {
  return {
    ip: pod.resources.ip ?? "",
    container: started.container,
    exec: (command) => started.exec(command, OPTIONS),
  };
}
