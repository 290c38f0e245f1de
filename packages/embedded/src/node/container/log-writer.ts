import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync, existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import type { LogPace } from "./log-pace.ts";

/** Bytes of one log file before the next is begun, and how many old ones are kept. */
const FILE_BYTES = 10 * 1024 * 1024;
const OLD_FILES = 4;
/** A line longer than this is written in parts, marked as such. */
const LINE_BYTES = 16 * 1024;
const PARTS = new RegExp(`[^]{1,${LINE_BYTES}}`, "g");

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

  readonly #pace: LogPace;

  constructor(path: string, pace: LogPace) {
    this.#pace = pace;
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
      await this.#pace.run(() => {
        const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        const end = bytes.lastIndexOf(0x0a);
        if (end !== -1) this.#write(encodeLines(name, bytes.toString("latin1", 0, end), "F"));
        rest = Buffer.from(bytes.subarray(end + 1));
        if (rest.length <= LINE_BYTES) return;
        this.#write(encodeLines(name, rest.toString("latin1"), "P"));
        rest = Buffer.alloc(0);
      });
    }
    if (rest.length > 0) this.#write(encodeLines(name, rest.toString("latin1"), "P"));
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    closeSync(this.#file);
    for (const listener of this.#listeners) listener();
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

/**
 * Lines as they are written. Few operations for many lines: a program that prints nothing but line ends is cheap to start.
 *
 * @param text - Bytes as Latin-1, without the last line's end.
 * @param lastMark - Whether the last line is a whole one.
 */
export function encodeLines(name: string, text: string, lastMark: "F" | "P"): Buffer {
  const stamp = timestamp();
  const prefix = (mark: string): string => `${stamp} ${name} ${mark} `;
  const lines = text.split("\n");
  if (lastMark === "F" && lines.every((line) => line.length <= LINE_BYTES)) {
    return Buffer.from(`${prefix("F")}${lines.join(`\n${prefix("F")}`)}\n`, "latin1");
  }
  const entries = lines.flatMap((line, index) => {
    const parts = line.match(PARTS) ?? [""];
    const whole = index < lines.length - 1 || lastMark === "F";
    return parts.map((part, at) => `${prefix(whole && at === parts.length - 1 ? "F" : "P")}${part}\n`);
  });
  return Buffer.from(entries.join(""), "latin1");
}

/** RFC 3339 with nine digits, as kubelets write it; the clock knows milliseconds. */
function timestamp(): string {
  return new Date().toISOString().replace("Z", "000000Z");
}
