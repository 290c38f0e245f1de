import type { KubeObject, Stored } from "@sandgate/contract";
import { createInformer, type KubeClient, type Resource } from "@sandgate/kube";

export interface AwaitOptions<T extends KubeObject, R> {
  client: KubeClient;
  resource: Resource<T>;
  namespace: string;
  /** What is waited for, for the error. */
  what: string;
  timeoutMs: number;
  /** What was waited for, once the objects of the namespace show it; undefined until then. */
  until: (objects: readonly Stored<T>[]) => R | undefined;
}

/**
 * Waits until the objects of one kind in a namespace show something. It watches: nothing is polled.
 *
 * @throws Error with the objects as they are when the time is over.
 */
export async function awaitObjects<T extends KubeObject, R>(options: AwaitOptions<T, R>): Promise<R> {
  const { client, resource, namespace, what, timeoutMs, until } = options;
  const done = Promise.withResolvers<R>();
  let isSynced = false;
  const look = (): void => {
    if (!isSynced) return;
    try {
      const found = until([...informer.list()]);
      if (found !== undefined) done.resolve(found);
    } catch (error) {
      done.reject(error);
    }
  };
  const informer = createInformer({ client, resource, namespace, onChange: look });
  const timer = setTimeout(() => {
    const state = JSON.stringify([...informer.list()].map(summary), null, 1);
    done.reject(new Error(`${what}: not within ${timeoutMs} ms; ${resource.plural} are ${state}`));
  }, timeoutMs);
  try {
    await Promise.race([informer.synced, done.promise]);
    isSynced = true;
    look();
    return await done.promise;
  } finally {
    clearTimeout(timer);
    await informer.close();
  }
}

function summary(object: KubeObject): unknown {
  const { name, labels, annotations, ownerReferences, deletionTimestamp } = object.metadata;
  const status = "status" in object ? object.status : undefined;
  return {
    name,
    labels,
    annotations,
    owners: ownerReferences?.map((one) => one.kind),
    deletionTimestamp,
    status,
  };
}
