import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findMissing, installCommand } from "./find-missing.ts";
import type { SystemPart } from "./parts.ts";

/**
 * Makes sure that the parts are there: installs them where the user is root on a Debian-like system.
 *
 * @returns null when all are there, else a message that names what is missing and the command that installs it.
 */
export function ensureSystemParts(
  parts: readonly SystemPart[],
  write: (line: string) => void,
): string | null {
  const path = process.env["PATH"] ?? "";
  const missing = findMissing(parts, path);
  if (missing.length === 0) return null;
  const names = missing.map((part) => part.name).join(", ");
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return describeMissing(missing);
  write(`installing ${names} (apt-get)`);
  const run = spawnSync("sh", ["-c", installCommand(missing)], {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  const still = findMissing(missing, path);
  if (run.status === 0 && still.length === 0) return null;
  return `apt-get did not install ${names}; its output is above. ${describeMissing(still.length === 0 ? missing : still)}`;
}

/** What is missing, why it is needed, and the command that installs it. */
export function describeMissing(missing: readonly SystemPart[]): string {
  const lines = missing.map((part) => `  ${part.name}: ${part.why}`);
  return `Missing on this machine:\n${lines.join("\n")}\nInstall with:\n  sudo sh -c '${installCommand(missing)}'`;
}
