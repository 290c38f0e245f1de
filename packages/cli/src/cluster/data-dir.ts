import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/**
 * The folder that holds an embedded cluster: the flag, else `SANDGATE_DATA_DIR`, else `sandgate` in the user's data
 * folder (`XDG_DATA_HOME`, by default `~/.local/share`).
 */
export function dataDirOf(flag: string | undefined, env: NodeJS.ProcessEnv): string {
  const named = flag ?? env["SANDGATE_DATA_DIR"];
  if (named !== undefined && named !== "") return resolve(named);
  const base = env["XDG_DATA_HOME"];
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".local", "share"), "sandgate");
}
