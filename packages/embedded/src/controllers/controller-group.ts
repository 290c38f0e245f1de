import type { Logger, Pod, Service, Stored } from "@sandgate/contract";
import type { Change, EventRecorder, Informer, KubeClient } from "@sandgate/kube";

/** What groups of controllers share: one watch of pods and one of Services, however many follow them. */
export interface GroupOptions {
  client: KubeClient;
  events: EventRecorder;
  logger: Logger;
  /** Indexed by `owner`. */
  pods: Informer<Pod>;
  services: Informer<Service>;
}

/** Controllers that are started together. */
export interface ControllerGroup {
  podChanged(change: Change<Pod>): void;
  serviceChanged(service: Stored<Service>): void;
  /** Looks at everything that exists. Called once, when the shared watches know it. */
  start(): void;
  close(): Promise<void>;
}
