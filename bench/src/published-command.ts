import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleCommand } from "../../scripts/bundle/bundle-command.ts";

const MAIN = fileURLToPath(new URL("../../packages/cli/bin/sandgate.js", import.meta.url));

export interface PublishedCommand {
  /** Path of what `sandgate` runs. */
  readonly main: string;
  [Symbol.dispose](): void;
}

/** The command as it is published: a bundle, which takes less memory than the sources do. */
export async function publishedCommand(): Promise<PublishedCommand> {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-published-"));
  await bundleCommand(join(folder, "dist"));
  mkdirSync(join(folder, "bin"));
  const main = join(folder, "bin", "sandgate.js");
  copyFileSync(MAIN, main);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "sandgate", type: "module" }));
  return { main, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
