import { existsSync } from "node:fs";
import { connect } from "node:net";
import { readLog } from "./container/log-reader.ts";
import { PodAccessError, type ContainerTarget, type PodAccess } from "./kubelet/pod-access.ts";
import type { PodWorker } from "./pod/pod-worker.ts";
import { logPath } from "./container/instance-folder.ts";
import type { RunningContainer } from "./container/running-container.ts";

const DIAL_TIMEOUT_MS = 10_000;

/** What the streaming server does with the pods of this node. */
export function createPodAccess(find: (namespace: string, name: string) => PodWorker | undefined): PodAccess {
  function worker(namespace: string, name: string): PodWorker {
    const found = find(namespace, name);
    if (found === undefined) throw new PodAccessError(404, `pod ${namespace}/${name} is not on this node`);
    return found;
  }

  function running(target: ContainerTarget): RunningContainer {
    const found = worker(target.namespace, target.pod).running(target.container);
    if (found === undefined) {
      throw new PodAccessError(500, `container ${target.container} of pod ${target.pod} is not running`);
    }
    return found;
  }

  return {
    exec: async (target, command, options) => running(target).exec(command, options),
    attach: async (target, options) => running(target).attach(options),
    async logs(target, query, signal) {
      const of = worker(target.namespace, target.pod);
      const record = of.record(target.container);
      if (record === undefined)
        throw new PodAccessError(404, `pod ${target.pod} has no container ${target.container}`);
      const instance = query.previous ? record.restartCount - 1 : record.restartCount;
      // Between two instances the one before is the last that said anything.
      const path = [instance, query.previous ? -1 : instance - 1]
        .filter((number) => number >= 0)
        .map((number) => logPath(of.containerFolder(target.container), number))
        .find((one) => existsSync(one));
      if (path === undefined) {
        const what = query.previous ? "previous terminated container" : "container";
        const why = query.previous
          ? "not found"
          : `is waiting to start: ${record.state.waiting?.reason ?? "ContainerCreating"}`;
        throw new PodAccessError(400, `${what} "${target.container}" in pod "${target.pod}" ${why}`);
      }
      return readLog(path, query, query.previous ? undefined : of.running(target.container)?.log, signal);
    },
    dial: (namespace, pod, port) =>
      new Promise((resolve, reject) => {
        const { ip } = worker(namespace, pod);
        if (ip === null) {
          reject(new PodAccessError(500, `pod ${pod} has no address`));
          return;
        }
        const socket = connect({ host: ip, port, allowHalfOpen: true });
        const timer = setTimeout(() => socket.destroy(new Error("no answer")), DIAL_TIMEOUT_MS);
        socket.once("connect", () => {
          clearTimeout(timer);
          resolve(socket);
        });
        socket.once("error", (error) => {
          clearTimeout(timer);
          reject(new PodAccessError(500, `pod ${pod}, port ${port}: ${error.message}`));
        });
      }),
  };
}
