import type { Duplex, Readable, Writable } from "node:stream";

/** A container of a pod on this node. */
export interface ContainerTarget {
  namespace: string;
  pod: string;
  container: string;
}

export interface ProcessOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** With a terminal there is no stderr of its own. */
  tty: boolean;
}

/** A process in a container, or a container's own that somebody attached to. */
export interface ContainerProcess {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Settles when the process has ended and its output is complete. A signal counts as 128 + its number. */
  readonly exited: Promise<{ exitCode: number }>;
  /** Tells the terminal its size, in characters. Does nothing without a terminal. */
  resize(width: number, height: number): void;
  /** The caller has gone: an exec'd process is killed, an attached one is let go. */
  release(): void;
}

/** One line of a container's log. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as written. */
  timestamp: string;
  stream: "stdout" | "stderr";
  /** With its line end where the container wrote one. */
  text: Buffer;
}

export interface LogQuery {
  follow: boolean;
  /** The container's instance before the present one. */
  previous: boolean;
  /** Only the last N lines; null: all. */
  tailLines: number | null;
  /** Epoch milliseconds; null: from the start. */
  sinceMs: number | null;
}

/** What the streaming server needs of the node. Failures that a user should read are thrown as `PodAccessError`. */
export interface PodAccess {
  exec(
    target: ContainerTarget,
    command: readonly string[],
    options: ProcessOptions,
  ): Promise<ContainerProcess>;
  attach(target: ContainerTarget, options: ProcessOptions): Promise<ContainerProcess>;
  /** Ends at the end of the log; with `follow` when the container has ended and its last line is out, or on abort. */
  logs(target: ContainerTarget, query: LogQuery, signal: AbortSignal): Promise<AsyncIterable<LogLine>>;
  /** A connection to a TCP port of the pod. */
  dial(namespace: string, pod: string, port: number): Promise<Duplex>;
}

export class PodAccessError extends Error {
  override readonly name = "PodAccessError";
  /** HTTP status, as a kubelet answers. */
  readonly status: 400 | 404 | 409 | 500;

  constructor(status: 400 | 404 | 409 | 500, message: string) {
    super(message);
    this.status = status;
  }
}
