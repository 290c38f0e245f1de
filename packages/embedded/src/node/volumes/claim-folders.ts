import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Logger, PersistentVolumeClaim, Stored } from "@sandgate/contract";
import {
  createInformer,
  createWorkQueue,
  PERSISTENT_VOLUME_CLAIMS,
  type Informer,
  type KubeClient,
} from "@sandgate/kube";
import { removeTree } from "../remove-tree.ts";
import { ConfigError } from "../pod/environment.ts";
import { bindClaim } from "./bind-claim.ts";
import type { ClaimFolders } from "./pod-volumes.ts";

export interface ClaimProvisioner extends ClaimFolders {
  close(): Promise<void>;
}

/**
 * Gives each PersistentVolumeClaim a folder on this machine: bound at once, kept as long as the claim is there, removed
 * with it. A folder belongs to one pod at a time, since each pod has a host user of its own.
 */
export async function startClaimProvisioner(
  client: KubeClient,
  root: string,
  logger: Logger,
): Promise<ClaimProvisioner> {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  chmodSync(root, 0o700);
  /** Pod that uses a claim, by the claim's UID. */
  const users = new Map<string, string>();
  /** Claims that are gone while a pod uses them: their folders go with the pod. */
  const doomed = new Set<string>();
  let ready = false;

  function remove(uid: string): void {
    removeTree(join(root, uid)).catch((error: unknown) => {
      logger.warn("a claim's folder could not be removed", { claim: uid, error: (error as Error).message });
    });
  }

  const queue = createWorkQueue({
    name: "claims",
    logger,
    work: async (key) => {
      const claim = claims.get(key);
      if (claim !== undefined) await bindClaim(client, claim);
    },
  });
  const claims: Informer<PersistentVolumeClaim> = createInformer({
    client,
    resource: PERSISTENT_VOLUME_CLAIMS,
    logger,
    onChange: (change) => {
      if (change.type === "deleted") {
        const { uid } = change.object.metadata;
        if (users.has(uid)) doomed.add(uid);
        else remove(uid);
      } else if (ready) queue.add(keyOf(change.object));
    },
  });

  const folderOf = (claim: Stored<PersistentVolumeClaim>): string => join(root, claim.metadata.uid);

  await claims.synced;
  ready = true;
  const known = new Set<string>();
  for (const claim of claims.list()) {
    known.add(claim.metadata.uid);
    queue.add(keyOf(claim));
  }
  // Of claims that went while nobody watched.
  for (const name of readdirSync(root)) if (!known.has(name)) remove(name);

  return {
    async acquire(namespace, name, podUid) {
      const claim = claims.get(`${namespace}/${name}`);
      if (claim === undefined) throw new ConfigError(`persistentvolumeclaim "${name}" not found`);
      const user = users.get(claim.metadata.uid);
      if (user !== undefined && user !== podUid) {
        throw new ConfigError(
          `persistentvolumeclaim "${name}" is in use by another pod; the embedded node gives it to one at a time`,
        );
      }
      users.set(claim.metadata.uid, podUid);
      const folder = folderOf(claim);
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      return { folder, claim };
    },
    release(podUid) {
      for (const [claim, user] of users) {
        if (user !== podUid) continue;
        users.delete(claim);
        if (doomed.delete(claim)) remove(claim);
      }
    },
    async close() {
      await claims.close();
      await queue.close();
    },
  };
}

function keyOf({ metadata }: Stored<PersistentVolumeClaim>): string {
  return `${metadata.namespace}/${metadata.name}`;
}
