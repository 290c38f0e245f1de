import type { KubeObject } from "@sandgate/contract";
import { createInformer, type KubeClient, type Resource } from "@sandgate/kube";

const PATIENCE_MS = 60_000;

type Conditioned = KubeObject & { status?: { conditions?: { type?: string; status?: string }[] } };

/**
 * Waits until there are objects of a cluster-wide kind and every one has a condition.
 *
 * @throws Error after a minute, with the names of those that lack it.
 */
export async function untilCondition(
  client: KubeClient,
  resource: Resource,
  condition: string,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const isTrue = (object: Conditioned): boolean =>
    object.status?.conditions?.some((one) => one.type === condition && one.status === "True") === true;
  const look = (): void => {
    const objects = [...informer.list()];
    if (objects.length > 0 && objects.every(isTrue)) done.resolve();
  };
  const informer = createInformer({ client, resource, onChange: () => queueMicrotask(look) });
  const timer = setTimeout(() => {
    const names = [...informer.list()].filter((one) => !isTrue(one)).map((one) => one.metadata.name);
    done.reject(
      new Error(`not ${condition} after ${PATIENCE_MS / 1000} s: ${resource.plural} ${names.join(", ")}`),
    );
  }, PATIENCE_MS);
  try {
    await informer.synced;
    look();
    await done.promise;
  } finally {
    clearTimeout(timer);
    await informer.close();
  }
}
