import { setTimeout as delay } from "node:timers/promises";
import type { Logger, Pod, Stored } from "@sandgate/contract";
import { isConflict, isNotFound, PODS, type KubeClient } from "@sandgate/kube";
import { podStatus, type StatusInput } from "./pod-status.ts";

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 10_000;
/** Failures in a row that are worth a word. */
const WARN_AT = 5;
/** How long a pod's end waits for its last state to be written. */
const SETTLE_MS = 3_000;

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

/**
 * Tells the API server what becomes of one pod: one write at a time, and the last state always, however long the server does
 * not take it.
 */
export class StatusReport {
  readonly #options: StatusReportOptions;
  #writing: Promise<void> | null = null;
  #written = "";
  #dirty = false;
  #wake = (): void => {};

  constructor(options: StatusReportOptions) {
    this.#options = options;
  }

  /** Something has changed. */
  publish(): void {
    this.#dirty = true;
    this.#writing ??= this.#writeAll();
  }

  /**
   * Resolves when all that was published so far has been written, or is not going to be for a while: no pod's end waits long
   * for a server that takes nothing.
   */
  async settled(): Promise<void> {
    if (this.#writing === null) return;
    this.#wake();
    const patience = new AbortController();
    const over = delay(SETTLE_MS, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.#writing, over]);
    patience.abort();
  }

  async #writeAll(): Promise<void> {
    let failures = 0;
    while (this.#dirty) {
      this.#dirty = false;
      const failure = await this.#write();
      if (failure === null) {
        failures = 0;
        continue;
      }
      failures++;
      const isLast = this.#options.isClosing();
      if (isLast || failures === WARN_AT) this.#warn(failure, isLast);
      if (isLast) break;
      await this.#pause(Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS));
      this.#dirty = true;
    }
    this.#writing = null;
  }

  /** Ends early when somebody waits for the write. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms).unref();
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }

  /** @returns Why the API server does not have it; null where it has, or has no such pod any more. */
  async #write(): Promise<Error | null> {
    const input = this.#options.current();
    const { namespace, name, uid } = input.pod.metadata;
    try {
      const status = podStatus(input);
      const text = JSON.stringify(status);
      if (text === this.#written) return null;
      const stored = await this.#options.client.patch(
        PODS,
        { namespace, name },
        { type: "merge", body: { metadata: { uid }, status } },
        { subresource: "status", fieldManager: "sandgate-node" },
      );
      this.#written = text;
      this.#options.onStored(stored);
      return null;
    } catch (error) {
      if (isNotFound(error)) return null;
      if (isConflict(error) && (await this.#isReplaced())) return null;
      return error as Error;
    }
  }

  /** Whether the name is another pod's by now. */
  async #isReplaced(): Promise<boolean> {
    const { namespace, name, uid } = this.#options.current().pod.metadata;
    try {
      const found = await this.#options.client.get(PODS, { namespace, name });
      return found.metadata.uid !== uid;
    } catch (error) {
      return isNotFound(error);
    }
  }

  #warn(failure: Error, isLast: boolean): void {
    const { namespace, name } = this.#options.current().pod.metadata;
    const message = isLast ? "a pod's status could not be written" : "a pod's status cannot be written yet";
    this.#options.logger.warn(message, { pod: `${namespace}/${name}`, error: failure.message });
  }
}
