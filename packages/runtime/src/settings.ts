import { resolve } from "node:path";

/** What the runtime is told by its environment. */
export interface Settings {
  host: string;
  port: number;
  /** Folder in which commands run and outside of which no file is served. */
  workspace: string;
  /** Seconds a command may take where the request does not say. */
  timeoutSeconds: number;
  /** Bytes kept of each of stdout and stderr; the rest is cut, and the answer says so. */
  outputLimitBytes: number;
}

/** @throws Error that names the variable. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    host: env["SANDGATE_RUNTIME_HOST"] ?? "::",
    port: whole(env, "SANDGATE_RUNTIME_PORT", 8888, 65_535),
    workspace: resolve(env["SANDGATE_WORKSPACE"] ?? process.cwd()),
    timeoutSeconds: whole(env, "SANDGATE_EXEC_TIMEOUT_SECONDS", 300, 86_400),
    outputLimitBytes: whole(env, "SANDGATE_OUTPUT_LIMIT_BYTES", 8 * 1024 * 1024, 1024 ** 3),
  };
}

function whole(env: NodeJS.ProcessEnv, name: string, otherwise: number, limit: number): number {
  const text = env[name];
  if (text === undefined || text === "") return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > limit) {
    throw new Error(`${name}: ${JSON.stringify(text)} is no whole number from 0 to ${limit}`);
  }
  return value;
}
