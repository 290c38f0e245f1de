import type { Pod, Stored } from "@sandgate/contract";
import type { RunningContainer } from "../container/running-container.ts";
import { LONGEST_MS } from "../times.ts";
import type { ContainerRecord } from "./container-record.ts";
import { forgetPod } from "./forget-pod.ts";
import { keepTrying } from "./keep-trying.ts";
import { runContainers, runInitContainers } from "./keep-running.ts";
import { LivePod } from "./live-pod.ts";
import type { PodContext } from "./pod-context.ts";
import { refusals } from "./refusals.ts";
import { stopInstance } from "./stop-instance.ts";

/** One pod on this node, from its binding to its deletion. */
export class PodWorker {
  readonly #pod: LivePod;
  readonly #done: Promise<void>;
  #terminating: Promise<void> | null = null;

  constructor(context: PodContext, object: Stored<Pod>) {
    const pod = new LivePod(context, object);
    this.#pod = pod;
    this.#done = this.#run().catch((error: unknown) => {
      const { namespace, name } = pod.object.metadata;
      context.logger.error("a pod failed by a defect of the node", {
        pod: `${namespace}/${name}`,
        error: error instanceof Error ? error.stack : String(error),
      });
      pod.fail("NodeError", error instanceof Error ? error.message : String(error));
    });
  }

  get uid(): string {
    return this.#pod.uid;
  }

  get ip(): string | null {
    return this.#pod.resources.ip;
  }

  get pod(): Stored<Pod> {
    return this.#pod.object;
  }

  /** Folder of a container, for its logs. */
  containerFolder(name: string): string {
    return this.#pod.resources.containerFolder(name);
  }

  running(name: string): RunningContainer | undefined {
    return this.#pod.running.get(name);
  }

  record(name: string): ContainerRecord | undefined {
    return this.#pod.records.find(name);
  }

  /** The pod as the API server has it now. */
  update(object: Stored<Pod>): void {
    this.#pod.object = object;
    if (object.metadata.deletionTimestamp !== undefined) void this.terminate();
  }

  /** ConfigMaps and Secrets in volumes follow their objects. */
  async refreshVolumes(): Promise<void> {
    if (!this.#pod.isEnding) await this.#pod.resources.refreshVolumes(this.#pod.object);
  }

  /** Ends the pod as its deletion asks, and removes it from the API server. */
  terminate(): Promise<void> {
    this.#terminating ??= this.#terminate();
    return this.#terminating;
  }

  /** Ends its processes at once and keeps everything else: the node itself ends. */
  async close(): Promise<void> {
    await this.#pod.kill();
    await this.#done;
    await this.#pod.resources.release();
    await this.#pod.report.settled();
  }

  /** Ends the pod's processes and forgets it: it is gone from the API server. */
  async discard(): Promise<void> {
    await this.#pod.kill();
    await this.#done;
    await this.#pod.resources.remove();
  }

  async #run(): Promise<void> {
    const pod = this.#pod;
    const { metadata, status } = pod.object;
    if (metadata.deletionTimestamp !== undefined) {
      void this.terminate();
      return;
    }
    if (status?.phase === "Succeeded" || status?.phase === "Failed") return pod.report.publish();
    const [refused] = refusals(pod.object);
    if (refused !== undefined) {
      const message = `${refused.field}: ${refused.reason}`;
      pod.event("Warning", "Refused", message);
      pod.fail("SandgateUnsupported", message);
      return;
    }
    const deadline = this.#watchDeadline();
    try {
      await this.#prepare();
      if (await runInitContainers(pod)) await runContainers(pod);
    } finally {
      clearTimeout(deadline);
    }
    // Ended by itself: what it held is given back, its logs and status stay until it is deleted.
    if (!pod.isEnding) await pod.resources.release();
  }

  /** Network, user and folders; then the volumes, as soon as what they need is there. */
  async #prepare(): Promise<void> {
    const pod = this.#pod;
    if (!(await keepTrying(pod, "FailedCreatePodSandBox", () => pod.resources.acquire()))) return;
    pod.records.save();
    pod.report.publish();
    const { unavailable } = pod.context.cgroups;
    if (unavailable !== null)
      pod.event("Warning", "LimitsNotEnforced", `limits of the pod are not enforced: ${unavailable}`);
    await keepTrying(pod, "FailedMount", () => pod.resources.setUpVolumes(pod.object));
  }

  #watchDeadline(): NodeJS.Timeout | undefined {
    const pod = this.#pod;
    const { activeDeadlineSeconds } = pod.object.spec;
    if (activeDeadlineSeconds === undefined) return undefined;
    const dueMs = Date.parse(pod.records.startTime) + activeDeadlineSeconds * 1000 - Date.now();
    return setTimeout(
      () => {
        pod.fail("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
        pod.end();
        for (const container of pod.running.values()) void stopInstance(pod, container, pod.graceMs);
      },
      Math.min(Math.max(0, dueMs), LONGEST_MS),
    );
  }

  async #terminate(): Promise<void> {
    const pod = this.#pod;
    const { graceMs } = pod;
    pod.end();
    const running = [...pod.running.values()];
    for (const { container } of running)
      pod.event("Normal", "Killing", `Stopping container ${container.name}`, container);
    await Promise.all(running.map((started) => stopInstance(pod, started, graceMs)));
    await this.#done;
    if (pod.isClosing) return;
    await pod.report.settled();
    pod.records.close();
    await forgetPod(pod);
  }
}
