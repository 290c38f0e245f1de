import type { PersistentVolumeClaim, Pod, Sandbox, Service, Stored } from "@sandgate/contract";

/** A controller as the informers drive it: told of changes, it works by itself. */
export interface Controller {
  sandboxChanged(sandbox: Stored<Sandbox>): void;
  childChanged(object: Stored<Pod> | Stored<Service> | Stored<PersistentVolumeClaim>): void;
  /** Takes no more work and resolves when what is under way is done. */
  close(): Promise<void>;
}
