import type { ContainerState } from "@sandgate/contract";

type Terminated = NonNullable<ContainerState["terminated"]>;

/** What the node knows of one container of a pod: enough to say its status. Kept on disk, so that restarts are counted. */
export interface ContainerRecord {
  name: string;
  state: ContainerState;
  lastState: ContainerState;
  restartCount: number;
  ready: boolean;
  /** The startup probe has succeeded, or there is none and it runs. */
  started: boolean;
  containerId: string | null;
}

export function newRecord(name: string): ContainerRecord {
  return {
    name,
    state: { waiting: { reason: "ContainerCreating" } },
    lastState: {},
    restartCount: 0,
    ready: false,
    started: false,
    containerId: null,
  };
}

export function isTerminated(
  record: ContainerRecord,
): record is ContainerRecord & { state: { terminated: Terminated } } {
  return record.state.terminated !== undefined;
}

/** Back-off of restarts as kubelets have it: 10 s, doubling up to 5 minutes, from the start after 10 quiet minutes. */
export function nextBackoffMs(previousMs: number, ranMs: number): number {
  if (ranMs >= 600_000 || previousMs === 0) return 10_000;
  return Math.min(previousMs * 2, 300_000);
}

/** Whether a container that ended with this code is started again. */
export function restarts(policy: "Always" | "OnFailure" | "Never" | undefined, exitCode: number): boolean {
  return policy === "Never" ? false : policy === "OnFailure" ? exitCode !== 0 : true;
}
