import type { KubeClient } from "@sandgate/kube";

/** A cluster with agent-sandbox controllers, as the suite sees it. Each row of the suite opens one of another kind. */
export interface ConformanceCluster {
  /** An administrator's client. */
  readonly client: KubeClient;
  /** An image that has a shell, serves without a command and becomes ready. */
  readonly image: string;
  /** How long anything may take, in milliseconds: a kubelet takes longer than a local process. */
  readonly patienceMs: number;
  /** Makes the next pod get an address that was given up; absent where addresses go round a range too large to wait for. */
  giveNext?(ip: string): void;
  close(): Promise<void>;
}
