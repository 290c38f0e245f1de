import type { ServerResponse } from "node:http";
import { once } from "node:events";
import { PodAccessError, type ContainerTarget, type LogQuery, type PodAccess } from "./pod-access.ts";

export interface LogOptions extends LogQuery {
  timestamps: boolean;
  /** Bytes after which the answer is cut; null: no limit. */
  limitBytes: number | null;
  /** `All`, or one stream only. */
  stream: "All" | "Stdout" | "Stderr";
}

/** @throws PodAccessError 400 on a value that is not one. */
export function parseLogOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const sinceSeconds = count(query, "sinceSeconds");
  const sinceTime = query.get("sinceTime");
  let sinceMs: number | null = sinceSeconds === null ? null : nowMs - sinceSeconds * 1000;
  if (sinceTime !== null) {
    sinceMs = Date.parse(sinceTime);
    if (Number.isNaN(sinceMs))
      throw new PodAccessError(400, `sinceTime: ${JSON.stringify(sinceTime)} is no time`);
  }
  const stream = query.get("stream") ?? "All";
  if (stream !== "All" && stream !== "Stdout" && stream !== "Stderr") {
    throw new PodAccessError(400, `stream: ${JSON.stringify(stream)} is none of All, Stdout, Stderr`);
  }
  return {
    follow: flag(query, "follow"),
    previous: flag(query, "previous"),
    timestamps: flag(query, "timestamps"),
    tailLines: count(query, "tailLines"),
    limitBytes: count(query, "limitBytes"),
    sinceMs,
    stream,
  };
}

export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value === "true" || value === "1";
}

function count(query: URLSearchParams, name: string): number | null {
  const value = query.get(name);
  if (value === null || value === "") return null;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new PodAccessError(400, `${name}: ${JSON.stringify(value)} is no count`);
  }
  return number;
}

/** Answers with a container's log as text, at the speed at which the client reads it. */
export async function serveLogs(
  access: PodAccess,
  target: ContainerTarget,
  options: LogOptions,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const lines = await access.logs(target, options, gone.signal);
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const line of lines) {
    if (options.stream !== "All" && options.stream.toLowerCase() !== line.stream) continue;
    const text = options.timestamps
      ? Buffer.concat([Buffer.from(`${line.timestamp} `), line.text])
      : line.text;
    const part = text.length > left ? text.subarray(0, left) : text;
    left -= part.length;
    if (!response.write(part)) await Promise.race([once(response, "drain"), once(response, "close")]);
    if (left <= 0 || gone.signal.aborted) break;
  }
  response.end();
}
