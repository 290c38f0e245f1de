import type { KubeObject, Stored } from "@sandgate/contract";
import { isKubeError, isNotFound, listPages, type KubeClient, type Resource } from "@sandgate/kube";
import type { Unread } from "../facts.ts";

/** Reads what it may, and notes what it may not. */
export interface Reading {
  readonly client: KubeClient;
  readonly signal: AbortSignal;
  readonly unread: readonly Unread[];
  /** Every object of a kind, page by page; only what `keep` makes of each stays. Null where it may not be listed. */
  list<T extends KubeObject, Kept>(
    resource: Resource<T>,
    options: { namespace?: string | undefined; labelSelector?: string; fieldSelector?: string },
    keep: (object: Stored<T>) => Kept | null,
  ): Promise<Kept[] | null>;
  /** What `work` gives; null where the server refuses it, which is noted. */
  attempt<T>(what: string, verb: string, work: () => Promise<T>): Promise<T | null>;
}

/** @param onProgress - Called with what is being read and how many there are so far. */
export function createReading(
  client: KubeClient,
  signal: AbortSignal,
  onProgress: (what: string, count: number) => void,
): Reading {
  const unread: Unread[] = [];
  const attempt: Reading["attempt"] = async (what, verb, work) => {
    try {
      return await work();
    } catch (error) {
      // Who does not answer, or knows nobody by these credentials, answers nothing else either.
      if (!isKubeError(error) || error.code === 401) throw error;
      if (!unread.some((one) => one.what === what && one.verb === verb))
        unread.push({ what, verb, code: error.code, why: error.message });
      return null;
    }
  };
  return {
    client,
    signal,
    unread,
    attempt,
    list(resource, options, keep) {
      const kept: NonNullable<ReturnType<typeof keep>>[] = [];
      const what = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
      let count = 0;
      onProgress(what, 0);
      return attempt(what, "list", async () => {
        try {
          await listPages(client, resource, { ...options, signal }, (items) => {
            count += items.length;
            for (const item of items) {
              const one = keep(item);
              if (one !== null && one !== undefined) kept.push(one);
            }
            onProgress(what, count);
          });
        } catch (error) {
          // A kind that is not served has no objects.
          if (!isNotFound(error)) throw error;
        }
        return kept;
      });
    },
  };
}
