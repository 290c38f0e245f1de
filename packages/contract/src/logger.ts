export type LogFields = Readonly<Record<string, unknown>>;

/** Where a part writes what an operator should know. Secrets are never put into a message or its fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Where lines are JSON objects: takes one that is made already, for what is written of every request. */
  readonly json?: JsonLines;
}

export interface JsonLines {
  /** Whether lines of that level are written at all. */
  writes(level: "debug" | "info"): boolean;
  /** @param line - One JSON object, without a line's end. */
  add(line: string): void;
}

/** A logger that writes nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
