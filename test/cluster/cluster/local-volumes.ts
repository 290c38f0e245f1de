/** Gives every volume claim a folder of the node: the cluster has no storage of its own. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@sandgate/contract";
import {
  createInformer,
  isAlreadyExists,
  PERSISTENT_VOLUME_CLAIMS,
  type KubeClient,
  type Resource,
} from "@sandgate/kube";

const PERSISTENT_VOLUMES: Resource = {
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  namespaced: false,
};

export interface LocalVolumes {
  close(): Promise<void>;
}

export async function startLocalVolumes(client: KubeClient, folder: string): Promise<LocalVolumes> {
  const failures: unknown[] = [];
  const claims = createInformer({
    client,
    resource: PERSISTENT_VOLUME_CLAIMS,
    onChange({ type, object }) {
      if (type === "deleted" || object.spec?.volumeName !== undefined) return;
      const { uid, name: claim, namespace } = object.metadata;
      const name = `local-${uid}`;
      const path = join(folder, name);
      mkdirSync(path, { recursive: true, mode: 0o777 });
      const volume = {
        metadata: { name },
        spec: {
          capacity: { storage: object.spec?.resources?.requests?.["storage"] ?? "1Gi" },
          accessModes: object.spec?.accessModes ?? ["ReadWriteOnce"],
          persistentVolumeReclaimPolicy: "Retain",
          claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name: claim, namespace, uid },
          hostPath: { path },
        },
      };
      client.create(PERSISTENT_VOLUMES, volume as KubeObject).catch((error: unknown) => {
        if (!isAlreadyExists(error)) failures.push(error);
      });
    },
  });
  await claims.synced;
  return {
    async close() {
      await claims.close();
      if (failures.length > 0) throw new AggregateError(failures, "volumes could not be made");
    },
  };
}
