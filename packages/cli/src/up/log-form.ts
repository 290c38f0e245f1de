import type { LogLevel } from "../output/console-logger.ts";

/** How the command's log looks, for threads that write their own lines. */
export interface LogForm {
  /** The least that is written. */
  readonly level: LogLevel;
  /** One JSON object a line. */
  readonly json: boolean;
}
