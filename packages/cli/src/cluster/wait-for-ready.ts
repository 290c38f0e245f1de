import type { Condition, Sandbox, Stored } from "@sandgate/contract";
import { SANDBOXES, type KubeClient } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";

/** Reasons after which waiting on is in vain. */
const FINAL_REASONS = new Set(["PodFailed", "PodSucceeded", "SandboxExpired", "MultiplePods"]);

/**
 * Waits until the Sandbox is Ready.
 *
 * @param onProgress - Called with the reason and message of the Ready condition whenever they change.
 * @throws CliError when it can no longer become ready, is deleted, or the time is over; the message carries the reason.
 */
export async function waitForReady(
  client: KubeClient,
  sandbox: Stored<Sandbox>,
  options: { timeoutMs: number; signal: AbortSignal; onProgress: (text: string) => void },
): Promise<Stored<Sandbox>> {
  const { name, namespace, uid } = sandbox.metadata;
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  let last = "nothing was reported yet";
  try {
    while (!signal.aborted) {
      const list = await client.list(SANDBOXES, {
        namespace,
        fieldSelector: `metadata.name=${name}`,
        signal,
      });
      let current = list.items.find((item) => item.metadata.uid === uid);
      if (current === undefined)
        throw new CliError(`Sandbox ${namespace}/${name} was deleted while it was waited for.`);
      const judge = (seen: Stored<Sandbox>): boolean => {
        const ready = readyCondition(seen);
        if (ready?.status === "True") return true;
        if (ready !== undefined) {
          const text = `${ready.reason}: ${ready.message}`;
          if (text !== last) options.onProgress(text);
          last = text;
          if (FINAL_REASONS.has(ready.reason))
            throw new CliError(`Sandbox ${namespace}/${name} will not become ready. ${text}`);
        }
        return false;
      };
      if (judge(current)) return current;
      const events = client.watch(SANDBOXES, {
        namespace,
        fieldSelector: `metadata.name=${name}`,
        resourceVersion: list.metadata.resourceVersion,
        signal,
      });
      for await (const event of events) {
        if (event.type === "BOOKMARK") continue;
        if (event.type === "DELETED" && event.object.metadata.uid === uid) {
          throw new CliError(`Sandbox ${namespace}/${name} was deleted while it was waited for.`);
        }
        current = event.object;
        if (current.metadata.uid === uid && judge(current)) return current;
      }
    }
  } catch (error) {
    if (!timeout.aborted || error instanceof CliError) throw error;
  }
  options.signal.throwIfAborted();
  throw new CliError(
    `Sandbox ${namespace}/${name} is not ready after ${Math.round(options.timeoutMs / 1000)} s. Last state: ${last}. ` +
      `Look with: kubectl -n ${namespace} describe pod ${name}`,
  );
}

export function readyCondition(sandbox: Sandbox): Condition | undefined {
  return sandbox.status?.conditions?.find((condition) => condition.type === "Ready");
}
