import { setImmediate } from "node:timers/promises";
import type { KubeObject, Stored } from "@sandgate/contract";
import type { KubeClient, ListOptions } from "../client/kube-client.ts";
import type { Resource } from "../client/resource.ts";

/** Objects a page: parsing one blocks the thread for a few milliseconds. */
const PAGE = 500;

/**
 * Lists a kind page by page at one version.
 *
 * @param onPage - Called with each page; other work of the thread gets its turn between pages.
 * @returns The version to watch from.
 * @throws KubeError 410 where the list took so long that its version is no longer kept.
 */
export async function listPages<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  options: Pick<ListOptions, "namespace" | "labelSelector" | "fieldSelector" | "signal">,
  onPage: (items: readonly Stored<T>[]) => void,
): Promise<string> {
  let token: string | undefined;
  for (;;) {
    const list = await client.list(resource, { ...options, limit: PAGE, continue: token });
    onPage(list.items);
    token = list.metadata.continue;
    if (token === undefined || token === "") return list.metadata.resourceVersion ?? "";
    await setImmediate();
  }
}
