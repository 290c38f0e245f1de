import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { runFolder } from "../run-folder.ts";

const ENTRY = fileURLToPath(new URL("sandgate-process.ts", import.meta.url));

let bundled: Promise<string> | null = null;

/** The gateway's process as one file, made once in a run and taken away when it ends. */
export function bundledGateway(): Promise<string> {
  return (bundled ??= bundle());
}

async function bundle(): Promise<string> {
  const folder = mkdtempSync(join(runFolder(), "bundle-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, "gateway.mjs");
  await build({
    entryPoints: [ENTRY],
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    mainFields: ["module", "main"],
    logLevel: "warning",
    // Some dependencies are CommonJS and ask for modules of Node.js.
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
  });
  return outfile;
}
