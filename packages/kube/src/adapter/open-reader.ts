import { silentLogger, type KubeObject, type Logger } from "@sandgate/contract";
import { isNotFound } from "../client/errors.ts";
import type { KubeClient } from "../client/kube-client.ts";
import type { Resource } from "../client/resource.ts";
import { createInformer } from "../reflector/create-informer.ts";
import type { Change, InformerHealth } from "../reflector/informer.ts";
import type { SandboxReader } from "./sandbox-ledger.ts";
import type { Packing } from "./packed.ts";

/** An informer of Sandboxes in one API version. */
export interface OpenReader extends SandboxReader {
  readonly resource: Resource;
  readonly health: InformerHealth;
  /** Resolves when its first list is complete; rejects only if closed before. */
  readonly synced: Promise<void>;
  close(): Promise<void>;
}

export interface OpenReaderOptions {
  client: KubeClient;
  resource: Resource;
  namespace: string | undefined;
  silenceMs: number | undefined;
  packing: Packing;
  onChange: (reader: SandboxReader, change: Change<KubeObject>) => void;
  onHealth: () => void;
  /** The server says that there is no such version, or kind. */
  onUnserved: (reader: OpenReader) => void;
  logger?: Logger;
}

export function openReader(options: OpenReaderOptions): OpenReader {
  const { resource } = options;
  const informer = createInformer({
    client: options.client,
    resource,
    namespace: options.namespace,
    transform: options.packing.pack,
    onChange: (change) => options.onChange(reader, change),
    onHealth: options.onHealth,
    onFailure: (error) => {
      if (isNotFound(error)) options.onUnserved(reader);
    },
    logger: options.logger ?? silentLogger,
    ...(options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs }),
  });
  const reader: OpenReader = {
    resource,
    has: ({ namespace, name, uid }) => informer.get(`${namespace}/${name}`)?.metadata.uid === uid,
    get version() {
      return informer.version;
    },
    get health() {
      return informer.health;
    },
    synced: informer.synced,
    close: () => informer.close(),
  };
  return reader;
}
