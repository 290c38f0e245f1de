import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container, Logger, Pod, Stored } from "@sandgate/contract";
import { inSeconds } from "../times.ts";
import { newRecord, restarts, type ContainerRecord } from "./container-record.ts";

const RETRY_MS = 1_000;

/** What the node keeps of a pod on disk, so that a new process can go on with it. */
interface Saved {
  startTime: string;
  init: ContainerRecord[];
  containers: ContainerRecord[];
}

/** What has become of a pod's containers so far, through restarts of the node too. */
export class PodRecords {
  readonly #path: string;
  readonly startTime: string;
  readonly init: readonly ContainerRecord[];
  readonly containers: readonly ContainerRecord[];

  readonly #logger: Logger;
  #failed = false;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(pod: Stored<Pod>, folder: string, logger: Logger) {
    this.#logger = logger;
    this.#path = join(folder, "state.json");
    const saved = this.#load();
    const known = (list: ContainerRecord[] | undefined, { name }: Container): ContainerRecord =>
      list?.find((one) => one.name === name) ?? newRecord(name);
    this.startTime = saved?.startTime ?? inSeconds(new Date());
    this.init = (pod.spec.initContainers ?? []).map((one) => known(saved?.init, one));
    this.containers = pod.spec.containers.map((one) => known(saved?.containers, one));
    if (saved !== null) this.#recover(pod.spec.restartPolicy);
  }

  find(name: string): ContainerRecord | undefined {
    return [...this.init, ...this.containers].find((one) => one.name === name);
  }

  /** Where that fails, on a full disk for one, the pod goes on and it is tried again until it is done. */
  save(): void {
    clearTimeout(this.#retry);
    if (this.#closed) return;
    try {
      this.#write();
      if (this.#failed) this.#logger.info("a pod's records could be saved again", { path: this.#path });
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) {
        const { message } = error as Error;
        this.#logger.warn("a pod's records cannot be saved yet", { path: this.#path, error: message });
      }
      this.#failed = true;
      this.#retry = setTimeout(() => this.save(), RETRY_MS).unref();
    }
  }

  /** Nothing is written any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  #write(): void {
    const { startTime, init, containers } = this;
    const saved: Saved = { startTime, init: [...init], containers: [...containers] };
    writeFileSync(`${this.#path}.new`, JSON.stringify(saved), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }

  #load(): Saved | null {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as Saved;
    } catch {
      return null;
    }
  }

  /** After a crash or a restart of the node: what ran has been ended, without anybody to see how. */
  #recover(policy: Pod["spec"]["restartPolicy"]): void {
    for (const record of [...this.init, ...this.containers]) {
      if (record.state.running === undefined) continue;
      const { startedAt } = record.state.running;
      const terminated = {
        exitCode: 255,
        reason: "ContainerStatusUnknown",
        message: "The node was restarted while the container ran",
        ...(startedAt === undefined ? {} : { startedAt }),
        finishedAt: inSeconds(new Date()),
      };
      record.ready = false;
      record.started = false;
      if (restarts(policy, 255)) {
        record.lastState = { terminated };
        record.state = { waiting: { reason: "ContainerCreating" } };
        record.restartCount++;
      } else {
        record.state = { terminated };
      }
    }
  }
}
