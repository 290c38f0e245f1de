import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import type { Duplex } from "node:stream";
import { exitStatus, failureStatus, parseSize } from "./exec-status.ts";
import type { ContainerProcess, ProcessOptions } from "./pod-access.ts";
import { SpdySession, type SpdyStream } from "@sandgate/kube";

/** Version in which the error stream carries a Status; the only one clients of the last eight years ask for first. */
export const SPDY_REMOTE_COMMAND_PROTOCOL = "v4.channel.k8s.io";

/** A client that does not open its streams within this time is cut. */
const STREAMS_TIMEOUT_MS = 30_000;

/**
 * The older transport of exec and attach: one SPDY stream each for error, stdin, stdout, stderr and resize. Clients
 * built on client-go's SPDY executor use it, and kubectl falls back to it.
 */
export async function serveSpdyRemoteCommand(
  connection: Duplex,
  options: ProcessOptions,
  start: () => Promise<ContainerProcess>,
): Promise<void> {
  const wanted = new Set(["error"]);
  if (options.stdin) wanted.add("stdin");
  if (options.stdout) wanted.add("stdout");
  if (options.stderr && !options.tty) wanted.add("stderr");
  if (options.tty) wanted.add("resize");

  const streams = new Map<string, SpdyStream>();
  const complete = Promise.withResolvers<void>();
  const session = new SpdySession(connection, (stream) => {
    const type = stream.headers.get("streamtype") ?? "";
    if (!wanted.has(type) || streams.has(type)) {
      stream.destroy();
      return;
    }
    streams.set(type, stream);
    if (streams.size === wanted.size) complete.resolve();
  });
  const timer = setTimeout(() => session.close(), STREAMS_TIMEOUT_MS);
  await Promise.race([complete.promise, session.done]);
  clearTimeout(timer);
  const error = streams.get("error");
  if (error === undefined || streams.size < wanted.size) return;

  try {
    const process = await start();
    void session.done.then(() => process.release());
    const { exitCode } = await carry(process, streams);
    await finish(error, exitStatus(exitCode));
  } catch (failure) {
    await finish(error, failureStatus((failure as Error).message));
  }
  session.close();
  await session.done;
}

async function carry(
  process: ContainerProcess,
  streams: ReadonlyMap<string, SpdyStream>,
): Promise<{ exitCode: number }> {
  const stdin = streams.get("stdin");
  if (stdin !== undefined && process.stdin !== null) {
    // The process may end first, or not read; neither is a failure of the command.
    pipeline(stdin, process.stdin).catch(() => {});
  }
  streams.get("resize")?.on("data", (chunk: Buffer) => {
    const size = parseSize(chunk.toString("utf8"));
    if (size !== null) process.resize(size.width, size.height);
  });
  await Promise.all(
    (["stdout", "stderr"] as const).map(async (name) => {
      const source = process[name];
      const sink = streams.get(name);
      if (source === null) return;
      for await (const chunk of source as AsyncIterable<Buffer>) {
        if (sink === undefined || sink.destroyed) continue;
        if (!sink.write(chunk)) await Promise.race([once(sink, "drain"), once(sink, "close")]);
      }
      sink?.end();
    }),
  );
  return process.exited;
}

function finish(stream: SpdyStream, text: string): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("close", () => resolve());
    stream.end(text, () => resolve());
  });
}
