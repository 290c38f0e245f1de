import type { Lease, Logger } from "@sandgate/contract";
import { isNotFound, LEASES, NODES, type KubeClient } from "@sandgate/kube";

export interface NodeLease {
  /** Renews it no more; it stays, and runs out. */
  close(): Promise<void>;
}

const NAMESPACE = "kube-node-lease";
const DURATION_SECONDS = 40;
const EVERY_MS = 10_000;
const WRITER = { fieldManager: "sandgate-node" };

/** Keeps the node's Lease as kubelets do: made where there is none, then renewed by a write of its time alone. */
export function keepLease(options: {
  client: KubeClient;
  /** Of the node, which exists. */
  name: string;
  logger: Logger;
  everyMs?: number;
}): NodeLease {
  const { client, name, logger } = options;
  let renewing: Promise<void> = renew();

  async function renew(): Promise<void> {
    try {
      const body = { spec: { renewTime: microTime() } };
      await client
        .patch(LEASES, { namespace: NAMESPACE, name }, { type: "merge", body }, WRITER)
        .catch(async (error: unknown) => {
          if (!isNotFound(error)) throw error;
          await make();
        });
    } catch (error) {
      logger.debug("the node's lease could not be renewed", { error: (error as Error).message });
    }
  }

  async function make(): Promise<void> {
    const { uid } = (await client.get(NODES, { name })).metadata;
    const lease: Lease = {
      metadata: {
        name,
        namespace: NAMESPACE,
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid }],
      },
      spec: { holderIdentity: name, leaseDurationSeconds: DURATION_SECONDS, renewTime: microTime() },
    };
    await client.create(LEASES, lease, WRITER);
  }

  const timer = setInterval(() => {
    renewing = renewing.then(renew);
  }, options.everyMs ?? EVERY_MS);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await renewing;
    },
  };
}

/** Now, as Leases have it. */
function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
