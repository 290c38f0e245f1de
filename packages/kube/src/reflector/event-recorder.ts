import { createHash } from "node:crypto";
import { silentLogger, type Event, type KubeObject, type Logger } from "@sandgate/contract";
import { isNotFound } from "../client/errors.ts";
import type { KubeClient } from "../client/kube-client.ts";
import { EVENTS } from "../client/resources.ts";

export interface EventRecorder {
  /** Records that something happened to the object. Never throws; what cannot be written is logged. */
  record(
    object: KubeObject,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    fieldPath?: string,
  ): void;
  /** Resolves when everything recorded so far is written or given up. */
  close(): Promise<void>;
}

/** Events remembered for aggregation; the oldest is forgotten first. */
const MEMORY = 1000;
/** Events waiting to be written, above which further ones are dropped. */
const WAITING_LIMIT = 500;

/** Writes core/v1 Events. The same event again counts up the one that is there. */
export function createEventRecorder(options: {
  client: KubeClient;
  component: string;
  host?: string;
  logger?: Logger;
}): EventRecorder {
  const logger = options.logger ?? silentLogger;
  const known = new Map<string, { name: string; count: number }>();
  let writing: Promise<void> = Promise.resolve();
  let waiting = 0;

  async function write(event: Event, id: string): Promise<void> {
    const namespace = event.metadata.namespace;
    const before = known.get(id);
    known.delete(id);
    if (before !== undefined) {
      before.count++;
      try {
        await options.client.patch(
          EVENTS,
          { namespace, name: before.name },
          {
            type: "merge",
            body: { count: before.count, lastTimestamp: event.lastTimestamp, message: event.message },
          },
        );
        known.set(id, before);
        return;
      } catch (error) {
        // It was deleted meanwhile: a new one says it.
        if (!isNotFound(error)) throw error;
      }
    }
    const made = await options.client.create(EVENTS, event);
    known.set(id, { name: made.metadata.name, count: 1 });
    const oldest = known.keys().next().value;
    if (known.size > MEMORY && oldest !== undefined) known.delete(oldest);
  }

  return {
    record(object, type, reason, message, fieldPath) {
      if (waiting >= WAITING_LIMIT) return;
      waiting++;
      const { name, namespace, uid, resourceVersion } = object.metadata;
      const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
      const id = createHash("sha256")
        .update(`${uid}\0${type}\0${reason}\0${message}\0${fieldPath}`)
        .digest("hex");
      const event: Event = {
        metadata: {
          name: `${name}.${id.slice(0, 8)}${Date.now().toString(16)}`,
          namespace: namespace ?? "default",
        },
        involvedObject: {
          ...(object.apiVersion === undefined ? {} : { apiVersion: object.apiVersion }),
          ...(object.kind === undefined ? {} : { kind: object.kind }),
          ...(namespace === undefined ? {} : { namespace }),
          ...(name === undefined ? {} : { name }),
          ...(uid === undefined ? {} : { uid }),
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
          ...(fieldPath === undefined ? {} : { fieldPath }),
        },
        reason,
        message,
        type,
        source: {
          component: options.component,
          ...(options.host === undefined ? {} : { host: options.host }),
        },
        reportingComponent: options.component,
        reportingInstance: options.host ?? "",
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      };
      writing = writing
        .then(() => write(event, id))
        .catch((error: unknown) => {
          logger.debug("an event could not be written", {
            reason,
            error: error instanceof Error ? error.message : String(error),
          });
        })
        .finally(() => {
          waiting--;
        });
    },
    close: () => writing,
  };
}
