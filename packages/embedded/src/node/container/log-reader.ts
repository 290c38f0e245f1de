import { createReadStream, existsSync, statSync } from "node:fs";
import type { LogLine, LogQuery } from "../kubelet/pod-access.ts";
import { rotatedPath, type LogWriter } from "./log-writer.ts";

/** More than are ever kept. */
const MAX_PARTS = 16;

/**
 * The lines of a container's log, older files first. With `follow` it goes on until the writer has ended.
 *
 * @param writer - Of the container that runs; undefined where nothing writes any more.
 */
export async function* readLog(
  path: string,
  query: Pick<LogQuery, "follow" | "tailLines" | "sinceMs">,
  writer: LogWriter | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  let offset = 0;
  let kept: LogLine[] = [];
  const { tailLines } = query;
  for await (const { line, end } of parts(path)) {
    offset = end;
    if (signal.aborted) return;
    if (query.sinceMs !== null && Date.parse(line.timestamp) < query.sinceMs) continue;
    if (tailLines === null) yield line;
    else {
      kept.push(line);
      // Cut now and then, so that a tail of a large log stays small.
      if (kept.length > 2 * tailLines + 100) kept = lastLines(kept, tailLines);
    }
  }
  if (tailLines !== null) yield* lastLines(kept, tailLines);
  if (!query.follow || writer === undefined) return;
  let changed = Promise.withResolvers<void>();
  const wake = (): void => changed.resolve();
  const off = writer.onChange(wake);
  signal.addEventListener("abort", wake, { once: true });
  try {
    while (!signal.aborted) {
      const ended = writer.ended;
      changed = Promise.withResolvers<void>();
      for await (const { line, end } of entries(path, offset)) {
        offset = end;
        yield line;
      }
      if (ended) return;
      if (!writer.ended) await changed.promise;
      // A shorter file is a new one: the old one was rotated away and was read to its end before.
      if (sizeOf(path) < offset) offset = 0;
    }
  } finally {
    off();
    signal.removeEventListener("abort", wake);
  }
}

/** Lines as a person counts them: parts of one line count once. */
function lastLines(lines: readonly LogLine[], count: number): LogLine[] {
  let left = count;
  let start = lines.length;
  while (start > 0) {
    const before = lines[start - 1];
    const endsLine = before?.text.at(-1) === 0x0a;
    if (endsLine || start === lines.length) {
      if (left === 0) break;
      left--;
    }
    start--;
  }
  return lines.slice(start);
}

interface Entry {
  line: LogLine;
  /** Offset in the newest file behind the entry; 0 while older files are read. */
  end: number;
}

async function* parts(path: string): AsyncGenerator<Entry> {
  for (let index = MAX_PARTS; index >= 1; index--) {
    const older = rotatedPath(path, index);
    if (!existsSync(older)) continue;
    for await (const entry of entries(older, 0)) yield { line: entry.line, end: 0 };
  }
  yield* entries(path, 0);
}

async function* entries(path: string, from: number): AsyncGenerator<Entry> {
  if (!existsSync(path)) return;
  let rest: Buffer = Buffer.alloc(0);
  let end = from;
  // The last line without its end is being written, or was cut by a crash.
  for await (const chunk of createReadStream(path, { start: from }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, start)) {
      const line = parseLine(bytes.toString("latin1", start, at));
      end += at + 1 - start;
      start = at + 1;
      if (line !== null) yield { line, end };
    }
    rest = Buffer.from(bytes.subarray(start));
  }
}

/** One line of the file, null for one that was cut by a crash. */
export function parseLine(text: string): LogLine | null {
  const match = /^(\S+) (stdout|stderr) ([FP]) (.*)$/s.exec(text);
  if (match === null) return null;
  const [, timestamp = "", stream, mark, content = ""] = match;
  return {
    timestamp,
    stream: stream === "stderr" ? "stderr" : "stdout",
    text: Buffer.from(mark === "F" ? `${content}\n` : content, "latin1"),
  };
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}
