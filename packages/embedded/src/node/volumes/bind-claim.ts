import type { PersistentVolumeClaim, Stored } from "@sandgate/contract";
import { isNotFound, PERSISTENT_VOLUME_CLAIMS, type KubeClient } from "@sandgate/kube";

const WRITER = { fieldManager: "sandgate-node" };

/**
 * Writes what a bound claim shows: the name of a volume, then the status. Only what is not there yet, also where the claim
 * asks for more than it did. There is no such PersistentVolume; a folder of the node is what the name stands for.
 */
export async function bindClaim(client: KubeClient, claim: Stored<PersistentVolumeClaim>): Promise<void> {
  const { namespace, name, uid, deletionTimestamp } = claim.metadata;
  if (deletionTimestamp !== undefined) return;
  const key = { namespace, name };
  const { volumeName = "", accessModes = ["ReadWriteOnce"], resources } = claim.spec ?? {};
  const storage = resources?.requests?.["storage"];
  const { phase, capacity } = claim.status ?? {};
  try {
    if (volumeName === "") {
      const body = { metadata: { uid }, spec: { volumeName: `pvc-${uid}` } };
      await client.patch(PERSISTENT_VOLUME_CLAIMS, key, { type: "merge", body }, WRITER);
    }
    if (phase !== "Bound" || capacity?.["storage"] !== storage) {
      const status = {
        phase: "Bound",
        accessModes,
        ...(storage === undefined ? {} : { capacity: { storage } }),
      };
      const body = { metadata: { uid }, status };
      await client.patch(
        PERSISTENT_VOLUME_CLAIMS,
        key,
        { type: "merge", body },
        { ...WRITER, subresource: "status" },
      );
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
