import { setTimeout as delay } from "node:timers/promises";
import type { Container, Pod, Stored } from "@sandgate/contract";
import type { RunningContainer } from "../container/running-container.ts";
import type { PodContext } from "./pod-context.ts";
import { PodRecords } from "./pod-records.ts";
import { PodResources } from "./pod-resources.ts";
import { StatusReport } from "./status-report.ts";

const DEFAULT_GRACE_SECONDS = 30;

/** One pod as the parts of its life share it: what it is, what it holds, what runs, and whether it is to end. */
export class LivePod {
  readonly context: PodContext;
  readonly uid: string;
  readonly resources: PodResources;
  readonly records: PodRecords;
  readonly report: StatusReport;
  /** The containers that run, by name. */
  readonly running = new Map<string, RunningContainer>();
  readonly #ending = new AbortController();
  #object: Stored<Pod>;
  #verdict: { reason: string; message: string } | null = null;
  #closing = false;

  constructor(context: PodContext, pod: Stored<Pod>) {
    this.context = context;
    this.uid = pod.metadata.uid;
    this.#object = pod;
    this.resources = new PodResources(context, this.uid);
    this.records = new PodRecords(pod, this.resources.folder, context.logger);
    this.report = new StatusReport({
      client: context.client,
      logger: context.logger,
      current: () => ({
        pod: this.#object,
        init: this.records.init,
        containers: this.records.containers,
        ip: this.resources.ip,
        nodeIp: context.nodeIp,
        startTime: this.records.startTime,
        nowMs: Date.now(),
        verdict: this.#verdict,
      }),
      // Transition times are counted from what was written, also before the watch brings it back.
      onStored: ({ metadata, status }) => {
        if (metadata.uid === this.uid && status !== undefined) this.#object = { ...this.#object, status };
      },
      isClosing: () => this.#closing,
    });
  }

  /** The pod as the API server has it, as far as is known. */
  get object(): Stored<Pod> {
    return this.#object;
  }

  set object(pod: Stored<Pod>) {
    this.#object = pod;
  }

  /** The pod is to end, for whatever reason: nothing of it is started any more. */
  get isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  end(): void {
    this.#ending.abort();
  }

  /** The node ends or has no such pod any more: what happens to it now is not its story. */
  get isClosing(): boolean {
    return this.#closing;
  }

  /** Ends its processes at once, without a word to the API server. */
  async kill(): Promise<void> {
    this.#closing = true;
    this.records.close();
    this.end();
    await Promise.all([...this.running.values()].map((container) => container.stop(0)));
  }

  /** The node has decided on the pod's end: refused, past its deadline, lost. */
  get hasFailed(): boolean {
    return this.#verdict !== null;
  }

  fail(reason: string, message: string): void {
    this.#verdict = { reason, message };
    this.report.publish();
  }

  /** How long a container may take to end. */
  get graceMs(): number {
    const { metadata, spec } = this.#object;
    const seconds = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds;
    return (seconds ?? DEFAULT_GRACE_SECONDS) * 1000;
  }

  /** Resolves after a time, or as soon as the pod is to end. */
  async wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ending.signal }).catch(() => {});
  }

  /** An event on the pod, or on a container of it. */
  event(type: "Normal" | "Warning", reason: string, message: string, container?: Container): void {
    this.context.events.record(
      this.#object,
      type,
      reason,
      message,
      container === undefined ? undefined : this.#fieldPath(container),
    );
  }

  #fieldPath({ name }: Container): string {
    const isInit = (this.#object.spec.initContainers ?? []).some((one) => one.name === name);
    return `spec.${isInit ? "initContainers" : "containers"}{${name}}`;
  }
}
