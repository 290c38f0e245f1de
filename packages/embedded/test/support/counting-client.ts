import type { KubeObject } from "@sandgate/contract";
import { EVENTS, type KubeClient, type Resource } from "@sandgate/kube";

export interface CountingClient {
  readonly client: KubeClient;
  /** Writes so far, as `verb plural` or `verb plural/subresource`, in their order; Events are left out. */
  readonly writes: string[];
}

/** The same client, with its writes noted. */
export function countWrites(client: KubeClient): CountingClient {
  const writes: string[] = [];
  const note = (verb: string, resource: Resource, subresource?: string): void => {
    if (resource.plural === EVENTS.plural) return;
    writes.push(`${verb} ${resource.plural}${subresource === undefined ? "" : `/${subresource}`}`);
  };
  return {
    writes,
    client: {
      ...client,
      create<T extends KubeObject>(...args: Parameters<typeof client.create<T>>) {
        note("create", args[0], args[2]?.subresource);
        return client.create(...args);
      },
      replace<T extends KubeObject>(...args: Parameters<typeof client.replace<T>>) {
        note("replace", args[0], args[2]?.subresource);
        return client.replace(...args);
      },
      patch<T extends KubeObject>(...args: Parameters<typeof client.patch<T>>) {
        note("patch", args[0], args[3]?.subresource);
        return client.patch(...args);
      },
      delete(...args) {
        note("delete", args[0]);
        return client.delete(...args);
      },
      request(path, request) {
        if ((request?.method ?? "GET") !== "GET") writes.push(`post ${path.split("/").at(-1)}`);
        return client.request(path, request);
      },
    },
  };
}
