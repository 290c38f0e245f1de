import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder: string | null = null;

/** Where this run has its files. It goes with the process, when somebody ends it, too. */
export function runFolder(): string {
  if (folder !== null) return folder;
  const made = mkdtempSync(join(tmpdir(), "sandgate-bench-"));
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  return (folder = made);
}
