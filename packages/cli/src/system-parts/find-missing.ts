import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { SystemPart } from "./parts.ts";

/**
 * Which of the parts are not on this machine.
 *
 * @param path - Folders to look in, as in the environment variable PATH; the usual system folders are added, because
 *   the PATH of a service or of `su` often lacks `/usr/sbin`.
 */
export function findMissing(parts: readonly SystemPart[], path: string): readonly SystemPart[] {
  const folders = [...path.split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
  return parts.filter((part) => !part.commands.every((command) => isThere(command, folders)));
}

function isThere(command: string, folders: readonly string[]): boolean {
  if (isAbsolute(command)) return isExecutable(command);
  return folders.some((folder) => folder !== "" && isExecutable(join(folder, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The command that installs the parts on a Debian-like system. */
export function installCommand(parts: readonly SystemPart[]): string {
  const packages = parts.map((part) => part.debianPackage).join(" ");
  return `apt-get update && apt-get install -y --no-install-recommends ${packages}`;
}
