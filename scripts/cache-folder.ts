import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where what the tests build is kept: `sandgate` in `XDG_CACHE_HOME`, else in `~/.cache`. An empty variable counts as absent,
 * as its specification has it; taken at its word it would mean the current folder.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "sandgate");
}
