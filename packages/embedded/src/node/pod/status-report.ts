import { setTimeout as delay } from "node:timers/promises";
import type { Logger, Pod, Stored } from "@sandgate/contract";
import { isNotFound, PODS, type KubeClient } from "@sandgate/kube";
import { podStatus, type StatusInput } from "./pod-status.ts";

const TRIES = 5;
const FIRST_RETRY_MS = 100;

export interface StatusReportOptions {
  client: KubeClient;
  logger: Logger;
  /** The pod as it is at this moment. */
  current(): StatusInput & { pod: Stored<Pod> };
  /** What the API server has made of it. */
  onStored(pod: Stored<Pod>): void;
  /** Whether the node itself is ending: a write that fails then is not tried again. */
  isClosing(): boolean;
}

/** Tells the API server what becomes of one pod: one write at a time, and the last state always. */
export class StatusReport {
  readonly #options: StatusReportOptions;
  #writing: Promise<void> = Promise.resolve();
  #written = "";
  #dirty = false;

  constructor(options: StatusReportOptions) {
    this.#options = options;
  }

  /** Something has changed. */
  publish(): void {
    this.#dirty = true;
    this.#writing = this.#writing.then(() => this.#write());
  }

  /** Resolves when all that was published so far has been written, or given up. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    const input = this.#options.current();
    const { namespace, name, uid } = input.pod.metadata;
    const status = podStatus(input);
    const text = JSON.stringify(status);
    if (text === this.#written) return;
    for (let tries = 0; ; tries++) {
      try {
        const stored = await this.#options.client.patch(
          PODS,
          { namespace, name },
          { type: "merge", body: { metadata: { uid }, status } },
          { subresource: "status", fieldManager: "sandgate-node" },
        );
        this.#written = text;
        this.#options.onStored(stored);
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (this.#options.isClosing() || tries >= TRIES) {
          this.#options.logger.warn("a pod's status could not be written", {
            pod: `${namespace}/${name}`,
            error: (error as Error).message,
          });
          return;
        }
        await delay(FIRST_RETRY_MS * 2 ** tries);
      }
    }
  }
}
