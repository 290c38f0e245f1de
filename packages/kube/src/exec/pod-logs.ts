import { errorFromBody } from "../client/errors.ts";
import type { KubeClient } from "../client/kube-client.ts";

export interface PodLogsOptions {
  namespace: string;
  pod: string;
  container?: string;
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  limitBytes?: number;
  signal?: AbortSignal;
}

/** What a container wrote, as bytes. @throws KubeError where the server refuses. */
export async function* podLogs(client: KubeClient, options: PodLogsOptions): AsyncGenerator<Uint8Array> {
  const { namespace, pod, signal, ...query } = options;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const response = await client.request(path, { query, signal, headers: { accept: "*/*" } });
  if (response.status >= 400) throw errorFromBody(response.status, await response.body.text());
  yield* response.body;
}
