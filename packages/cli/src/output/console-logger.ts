import type { LogFields, Logger } from "@sandgate/contract";
import { batchLines, type LineOutput } from "./batch-lines.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LEVELS)[number];

/**
 * Log lines for a person (`12:00:01 warn  message  key=value`) or, where the output is no terminal, one JSON object a line.
 *
 * @param level - The least that is written.
 */
export function createConsoleLogger(output: LineOutput, level: LogLevel, json: boolean): Logger {
  const lines = batchLines(output);
  const write = (of: LogLevel, message: string, fields: LogFields = {}): void => {
    if (LEVELS.indexOf(of) < LEVELS.indexOf(level)) return;
    const time = new Date().toISOString();
    lines.add(json ? jsonLine(time, of, message, fields) : plain(time, of, message, fields));
    // Whatever comes next may be the end of the process.
    if (of === "warn" || of === "error") lines.flush();
  };
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    ...(json && {
      json: {
        writes: (of) => LEVELS.indexOf(of) >= LEVELS.indexOf(level),
        add: (line) => lines.add(line),
      },
    }),
  };
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time, level, message, ...fields });
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
