import type { SandboxWatchHealth } from "@sandgate/kube";
import type { GatewayConfig } from "@sandgate/contract";
import type { ListenAt } from "../listen.ts";
import type { MetricsSnapshot } from "../metrics/snapshot.ts";
import type { RouteChange } from "./route-feed.ts";
import type { SharedLimitMemory } from "./shared-limits.ts";

/** What a worker is started with. */
export interface WorkerSetup {
  /** Which of the workers it is, from 0. */
  readonly index: number;
  readonly config: GatewayConfig;
  readonly limits: SharedLimitMemory;
  /** 48 bytes, by which a client's TLS session is gone on with in whichever worker it comes to. */
  readonly ticketKeys: Uint8Array;
  /** Where the process keeps compiled code; undefined: it does not. */
  readonly compileCache: string | undefined;
  /** What the file that a worker begins with was given for itself. */
  readonly own: unknown;
}

/** What a worker is told. */
export type ToWorker =
  | { readonly type: "routes"; readonly changes: readonly RouteChange[] }
  | { readonly type: "health"; readonly health: SandboxWatchHealth }
  | { readonly type: "listen"; readonly gateway: ListenAt; readonly router: ListenAt | null }
  | { readonly type: "metrics" }
  /** Take no more connections, and end when requests under way are done. */
  | { readonly type: "close" };

/** What a worker says. */
export type FromWorker =
  /** It has read its files and can listen. */
  | { readonly type: "prepared" }
  | { readonly type: "listening"; readonly url: string; readonly routerUrl: string | null }
  /** It cannot start; `told` where the message says what to do. */
  | { readonly type: "refused"; readonly told: boolean; readonly message: string }
  /** Whole lines of the log. */
  | { readonly type: "lines"; readonly text: string }
  | { readonly type: "metrics"; readonly metrics: MetricsSnapshot }
  /** By an error that nothing caught; it ends. */
  | { readonly type: "failed"; readonly error: string; readonly metrics: MetricsSnapshot }
  | { readonly type: "closed"; readonly metrics: MetricsSnapshot };
