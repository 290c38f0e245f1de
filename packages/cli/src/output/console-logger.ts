import type { Writable } from "node:stream";
import type { LogFields, Logger } from "@sandgate/contract";

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LEVELS)[number];

/**
 * Log lines for a person (`12:00:01 warn  message  key=value`) or, where the output is no terminal, one JSON object a line.
 *
 * @param level - The least that is written.
 */
export function createConsoleLogger(output: Writable, level: LogLevel, json: boolean): Logger {
  const write = (of: LogLevel, message: string, fields: LogFields = {}): void => {
    if (LEVELS.indexOf(of) < LEVELS.indexOf(level)) return;
    const time = new Date().toISOString();
    output.write(
      json
        ? `${JSON.stringify({ time, level: of, message, ...fields })}\n`
        : `${plain(time, of, message, fields)}\n`,
    );
  };
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
  };
}

function plain(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [time.slice(11, 19), level.padEnd(5), message, ...pairs].join("  ").trimEnd();
}

/** @returns `info` for anything that is no level. */
export function logLevelOf(text: string | undefined): LogLevel {
  return LEVELS.find((level) => level === text) ?? "info";
}
