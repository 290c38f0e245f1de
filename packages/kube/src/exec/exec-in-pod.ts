import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Status } from "@sandgate/contract";
import type { RawData, WebSocket } from "ws";
import { KubeUnreachableError } from "../client/errors.ts";
import type { KubeClient } from "../client/kube-client.ts";
import { queryString } from "../client/paths.ts";

export interface ExecInPodOptions {
  namespace: string;
  pod: string;
  /** Absent: the server's choice. */
  container?: string;
  command: readonly string[];
  /** Absent: the command has no input. Its end is passed on where the server speaks v5 of the protocol. */
  stdin?: Readable;
  stdout: Writable;
  stderr?: Writable;
  tty?: boolean;
  /** Sizes of the terminal, the first at once and then at each change. */
  resize?: AsyncIterable<{ width: number; height: number }>;
  signal?: AbortSignal;
}

const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Runs a command in a container over pods/exec.
 *
 * @returns Its exit code.
 * @throws KubeError where the server refuses, Error where the command could not be started or the connection broke.
 */
export async function execInPod(client: KubeClient, options: ExecInPodOptions): Promise<number> {
  const path =
    `/api/v1/namespaces/${encodeURIComponent(options.namespace)}/pods/${encodeURIComponent(options.pod)}/exec` +
    queryString({
      container: options.container,
      command: options.command,
      stdin: options.stdin !== undefined,
      stdout: true,
      stderr: options.stderr !== undefined,
      tty: options.tty === true,
    });
  const socket = await client.connect(path, ["v5.channel.k8s.io", "v4.channel.k8s.io"], {
    signal: options.signal,
  });
  const abort = (): void => socket.terminate();
  options.signal?.addEventListener("abort", abort, { once: true });
  const ended = new AbortController();
  try {
    const status = receive(socket, options);
    if (options.stdin !== undefined) sendInput(socket, options.stdin, ended.signal);
    if (options.resize !== undefined) void sendSizes(socket, options.resize);
    return exitCodeOf(await status);
  } finally {
    ended.abort();
    options.signal?.removeEventListener("abort", abort);
    socket.terminate();
  }
}

function receive(socket: WebSocket, options: ExecInPodOptions): Promise<Status> {
  return new Promise((resolve, reject) => {
    let status: Status | null = null;
    let writing: Promise<unknown> = Promise.resolve();
    socket.on("message", (data: RawData) => {
      const message = Buffer.isBuffer(data)
        ? data
        : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
      const body = message.subarray(1);
      if (body.length === 0) return;
      if (message[0] === Channel.error) {
        status = JSON.parse(body.toString("utf8")) as Status;
        return;
      }
      const sink =
        message[0] === Channel.stdout
          ? options.stdout
          : message[0] === Channel.stderr
            ? options.stderr
            : undefined;
      if (sink === undefined || sink.write(body)) return;
      socket.pause();
      writing = once(sink, "drain").then(
        () => socket.resume(),
        (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
      );
    });
    socket.once("error", reject);
    socket.once("close", () => {
      if (options.signal?.aborted === true) {
        reject(options.signal.reason instanceof Error ? options.signal.reason : new Error("aborted"));
      } else if (status === null) {
        reject(new KubeUnreachableError("The connection broke before the command's end was reported."));
      } else {
        const known = status;
        void writing.then(() => resolve(known));
      }
    });
  });
}

function sendInput(socket: WebSocket, stdin: Readable, ended: AbortSignal): void {
  const onData = (chunk: Buffer | string): void => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(Buffer.concat([Buffer.from([Channel.stdin]), Buffer.from(chunk)]), () => {
      if (socket.bufferedAmount <= HIGH_WATER_BYTES) stdin.resume();
    });
    if (socket.bufferedAmount > HIGH_WATER_BYTES) stdin.pause();
  };
  const onEnd = (): void => {
    if (socket.protocol === "v5.channel.k8s.io" && socket.readyState === socket.OPEN) {
      socket.send(Buffer.from([Channel.close, Channel.stdin]));
    }
  };
  stdin.on("data", onData).once("end", onEnd);
  ended.addEventListener("abort", () => {
    stdin.off("data", onData).off("end", onEnd);
    stdin.pause();
  });
}

async function sendSizes(
  socket: WebSocket,
  sizes: AsyncIterable<{ width: number; height: number }>,
): Promise<void> {
  try {
    for await (const { width, height } of sizes) {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(
        Buffer.concat([
          Buffer.from([Channel.resize]),
          Buffer.from(JSON.stringify({ Width: width, Height: height })),
        ]),
      );
    }
  } catch {
    // The sizes end with the command; a terminal whose size is no longer known keeps the last one.
  }
}

function exitCodeOf(status: Status): number {
  if (status.status === "Success") return 0;
  if (status.reason === "NonZeroExitCode") {
    const cause = status.details?.causes?.find((one) => one.reason === "ExitCode");
    return Number(cause?.message ?? 1);
  }
  throw new Error(status.message ?? "The command could not be run.");
}
