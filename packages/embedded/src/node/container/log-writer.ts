import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync, existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";

/** Bytes of one log file before the next is begun, and how many old ones are kept. */
const FILE_BYTES = 10 * 1024 * 1024;
const OLD_FILES = 4;
/** A line longer than this is written in parts, marked as such. */
const LINE_BYTES = 16 * 1024;

/** Path of an older part of a log: 1 is the newest of them. */
export function rotatedPath(path: string, index: number): string {
  return `${path}.${index}`;
}

/**
 * Writes a container's output as kubelets do: `TIME STREAM F|P TEXT`, P for a part of a line. Rotated by size. Written at
 * once, so that what a process said last is there when it is gone.
 */
export class LogWriter {
  readonly #path: string;
  #file: number;
  #size: number;
  readonly #listeners = new Set<() => void>();
  #ended = false;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#path = path;
    this.#file = openSync(path, "a", 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  get path(): string {
    return this.#path;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Called after something was written, and at the end. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the stream to its end. */
  async copy(name: "stdout" | "stderr", source: Readable): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const entries: Buffer[] = [];
      const stamp = timestamp();
      let start = 0;
      for (;;) {
        const end = bytes.indexOf(0x0a, start);
        if (end === -1) break;
        entries.push(...this.#entries(stamp, name, bytes.subarray(start, end), true));
        start = end + 1;
      }
      rest = Buffer.from(bytes.subarray(start));
      if (rest.length > LINE_BYTES) {
        entries.push(...this.#entries(stamp, name, rest, false));
        rest = Buffer.alloc(0);
      }
      if (entries.length > 0) this.#write(Buffer.concat(entries));
    }
    if (rest.length > 0) this.#write(Buffer.concat(this.#entries(timestamp(), name, rest, false)));
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    closeSync(this.#file);
    for (const listener of this.#listeners) listener();
  }

  #entries(stamp: string, name: string, line: Buffer, whole: boolean): Buffer[] {
    const entries: Buffer[] = [];
    for (let start = 0; start === 0 || start < line.length; start += LINE_BYTES) {
      const part = line.subarray(start, start + LINE_BYTES);
      const full = whole && start + LINE_BYTES >= line.length;
      entries.push(Buffer.from(`${stamp} ${name} ${full ? "F" : "P"} `), part, Buffer.from("\n"));
    }
    return entries;
  }

  #write(bytes: Buffer): void {
    if (this.#ended) return;
    if (this.#size > 0 && this.#size + bytes.length > FILE_BYTES) this.#rotate();
    writeSync(this.#file, bytes);
    this.#size += bytes.length;
    for (const listener of this.#listeners) listener();
  }

  #rotate(): void {
    closeSync(this.#file);
    for (let index = OLD_FILES; index >= 1; index--) {
      const older = index === 1 ? this.#path : rotatedPath(this.#path, index - 1);
      if (existsSync(older)) renameSync(older, rotatedPath(this.#path, index));
    }
    this.#file = openSync(this.#path, "a", 0o600);
    this.#size = 0;
  }
}

/** RFC 3339 with nine digits, as kubelets write it; the clock knows milliseconds. */
function timestamp(): string {
  return new Date().toISOString().replace("Z", "000000Z");
}
