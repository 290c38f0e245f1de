import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import type { LogPace } from "./log-pace.ts";

/** Bytes of one log file before the next is begun, and how many old ones are kept. */
const FILE_BYTES = 10 * 1024 * 1024;
const OLD_FILES = 4;
/** A line longer than this is written in parts, marked as such. */
const LINE_BYTES = 16 * 1024;
const PARTS = new RegExp(`[^]{1,${LINE_BYTES}}`, "g");

/** Failures that end by themselves or by somebody's hand, and what is said of the lines they cost. */
const LOSSES: Readonly<Record<string, string>> = {
  ENOSPC: "no space left",
  EDQUOT: "disk quota exceeded",
  EIO: "the disk failed",
};
/** Emptied, for a node that died in the middle may have left one. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/** Path of an older part of a log: 1 is the newest of them. */
export function rotatedPath(path: string, index: number): string {
  return `${path}.${index}`;
}

/**
 * Writes a container's output as kubelets do: `TIME STREAM F|P TEXT`, P for a part of a line. Rotated by size. Written at
 * once, so that what a process said last is there when it is gone. Where the disk is full lines are lost, and counted: who
 * prints is neither held up nor ended by it.
 */
export class LogWriter {
  readonly #path: string;
  #file: number;
  #size: number;
  readonly #listeners = new Set<() => void>();
  #ended = false;
  /** Entries that found no room and are not told of yet, and why. */
  #lost = 0;
  #lossReason = "";

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
    this.#tellLoss();
    this.#ended = true;
    closeSync(this.#file);
    for (const listener of this.#listeners) listener();
  }

  #write(bytes: Buffer): void {
    if (this.#ended) return;
    if (this.#tellLoss()) this.#append(bytes);
    else this.#lost += countEntries(bytes);
    for (const listener of this.#listeners) listener();
  }

  /** @returns Whether there is nothing left to tell. */
  #tellLoss(): boolean {
    if (this.#lost === 0) return true;
    const lost = this.#lost;
    const text = `${lost} ${lost === 1 ? "line was" : "lines were"} lost: ${this.#lossReason}`;
    this.#lost = 0;
    this.#append(encodeLines("stderr", text, "F"));
    if (this.#lost === 0) return true;
    this.#lost = lost;
    return false;
  }

  /** Writes whole entries as long as there is room, and counts those that found none. */
  #append(bytes: Buffer): void {
    let written = 0;
    try {
      if (this.#size > 0 && this.#size + bytes.length > FILE_BYTES) this.#rotate();
      while (written < bytes.length) written += writeSync(this.#file, bytes, written);
      this.#size += bytes.length;
    } catch (error) {
      const reason = LOSSES[(error as NodeJS.ErrnoException).code ?? ""];
      if (reason === undefined) throw error;
      const whole = written === 0 ? 0 : bytes.lastIndexOf(0x0a, written - 1) + 1;
      if (whole < written) ftruncateSync(this.#file, this.#size + whole);
      this.#size += whole;
      this.#lost += countEntries(bytes.subarray(whole));
      this.#lossReason = reason;
    }
  }

  /** The new file first: where there is no room for it, the old one goes on. */
  #rotate(): void {
    const next = `${this.#path}.next`;
    const file = openSync(next, NEW_FILE, 0o600);
    try {
      for (let index = OLD_FILES; index >= 1; index--) {
        const older = index === 1 ? this.#path : rotatedPath(this.#path, index - 1);
        if (existsSync(older)) renameSync(older, rotatedPath(this.#path, index));
      }
      renameSync(next, this.#path);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    closeSync(this.#file);
    this.#file = file;
    this.#size = 0;
  }
}

function countEntries(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
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
