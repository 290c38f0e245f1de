/**
 * `main.ts [FOLDER]`: makes the bundle of the command in a folder that is not there yet, or that of the package where none is
 * named; `npm pack` and `npm publish` of packages/cli begin with it.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { bundleCommand } from "./bundle-command.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) await bundleCommand();
else {
  const own = `${folder}.${process.pid}`;
  await bundleCommand(own);
  try {
    renameSync(own, folder);
  } catch (error) {
    // Made meanwhile by another start, which may run it already.
    rmSync(own, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
