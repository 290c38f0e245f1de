import type { KubeObject, NormalSandbox, StateReason, Stored } from "@sandgate/contract";
import {
  choosePod,
  createInformer,
  isKubeError,
  normalizeSandbox,
  PODS,
  viewPod,
  type Informer,
  type KubeClient,
  type Resource,
} from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import { stateSeen } from "./state-seen.ts";

/** States that do not end by waiting. */
const FINAL: ReadonlySet<StateReason["state"]> = new Set(["Failed", "Succeeded", "Expired"]);
/** Reasons of a pod that do not either: nobody fetches the image, or nobody could. */
const FINAL_REASONS: ReadonlySet<string> = new Set(["ErrImageNeverPull", "InvalidImageName"]);
/** Answers that waiting does not change either. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404]);

export interface WaitOptions {
  /** The version to read it in. */
  resource: Resource;
  timeoutMs: number;
  signal: AbortSignal;
  /** Called with state and reason whenever they change. */
  onProgress: (text: string) => void;
}

/**
 * Waits until a sandbox is ready, or suspended where that was asked for.
 *
 * @param made - The Sandbox, of any version.
 * @throws CliError when it can no longer become ready, is deleted, or the time is over; the message carries state and reason.
 * @throws KubeError where Sandboxes may not be read.
 */
export async function waitForReady(
  client: KubeClient,
  made: Stored<KubeObject>,
  { resource, timeoutMs, signal, onProgress }: WaitOptions,
): Promise<StateReason> {
  const { namespace = "default", name, uid } = made.metadata;
  const subject = `Sandbox ${namespace}/${name}`;
  const over = Promise.withResolvers<StateReason>();
  let last = "nothing was reported yet";
  let podsKnown: "not yet" | "yes" | "refused" = "not yet";
  let listed = false;

  const judge = (): void => {
    if (!listed || podsKnown === "not yet") return;
    const sandbox = here(sandboxes, uid);
    if (sandbox === undefined || sandbox.deleting) {
      over.reject(new CliError(`${subject} was deleted while it was waited for.`));
      return;
    }
    const owned = [...pods.list()].map(viewPod).filter(({ sandboxUid }) => sandboxUid === uid);
    const pod = choosePod(owned, sandbox);
    const state = stateSeen(sandbox, podsKnown === "yes" ? pod : null);
    if (state.state === "Ready" || state.state === "Suspended") return over.resolve(state);
    const text = textOf(state);
    if (text !== last) onProgress(text);
    last = text;
    if (FINAL.has(state.state) || FINAL_REASONS.has(pod?.reason ?? ""))
      over.reject(new CliError(`${subject} will not become ready: ${text}`));
  };
  // A new sandbox's pod has its name; only pods of a warm pool, which nothing here makes, have another.
  const scope = { client, namespace, fieldSelector: `metadata.name=${name}`, onChange: judge };
  const sandboxes: Informer<KubeObject> = createInformer({
    ...scope,
    resource,
    onFailure: (error) => {
      if (isKubeError(error) && REFUSALS.has(error.code)) over.reject(error);
    },
  });
  const pods = createInformer({
    ...scope,
    resource: PODS,
    onFailure: (error) => {
      if (!isKubeError(error) || !REFUSALS.has(error.code)) return;
      podsKnown = "refused";
      judge();
    },
  });
  // Closed before, nobody waits any more.
  const ignore = (): void => {};
  sandboxes.synced.then(() => {
    listed = true;
    judge();
  }, ignore);
  pods.synced.then(() => {
    podsKnown = "yes";
    judge();
  }, ignore);
  const timer = setTimeout(() => {
    const seconds = Math.round(timeoutMs / 1000);
    const obstacle = sandboxes.health.error ?? pods.health.error;
    const also = obstacle === null ? "" : ` (now: ${obstacle})`;
    over.reject(new CliError(`${subject} is not ready after ${seconds} s: ${last}${also}`));
  }, timeoutMs);
  const abort = (): void => over.reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await over.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    await Promise.all([sandboxes.close(), pods.close()]);
  }
}

function here(sandboxes: Informer<KubeObject>, uid: string): NormalSandbox | undefined {
  for (const object of sandboxes.list()) if (object.metadata.uid === uid) return normalizeSandbox(object);
  return undefined;
}

function textOf({ state, reason, message }: StateReason): string {
  return [state, reason, message].filter((part) => part !== "").join(": ");
}
