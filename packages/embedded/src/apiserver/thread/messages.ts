import type { LogFields } from "@sandgate/contract";
import type { Tokens } from "../tls/users.ts";

/** What the thread is started with. */
export interface ThreadOptions {
  readonly dataDir: string;
  readonly port: number | undefined;
  readonly fsync: boolean;
  readonly version: string;
  /** Where the process keeps compiled code; undefined: it does not. */
  readonly compileCache: string | undefined;
}

export interface ReadyMessage {
  readonly type: "ready";
  readonly url: string;
  readonly kubeconfigPath: string;
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly tokens: Tokens;
}

/** What the thread says. */
export type ThreadMessage =
  | ReadyMessage
  /** It could not start; `code` where the reason has one. */
  | { readonly type: "refused"; readonly code: string | undefined; readonly message: string }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly message: string;
      readonly fields: LogFields | undefined;
    }
  | { readonly type: "closed" };

/** What the thread is told. */
export type ThreadCommand = { readonly type: "close" };
