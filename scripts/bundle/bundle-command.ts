import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { buildRuntime } from "@sandgate/runtime/build";
import { packagesIn, thirdPartyNotices } from "./third-party-notices.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const embedded = join(root, "packages", "embedded", "src");
const command = join(root, "packages", "cli");

/** Where the package that is published has its bundle. */
export const BUNDLE_FOLDER = join(command, "dist");

/** Modules that find something beside themselves, which in the bundle is elsewhere; and one of which a tenth is needed. */
const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/^@sandgate\/runtime\/build$/, join(here, "built-runtime.ts")],
  [/\/load-cel\.ts$/, join(here, "load-cel.ts")],
  [/^undici$/, join(here, "undici.mjs")],
  // For Node.js it is CommonJS, of which a bundle's `import()` gives no names; this is the same as modules.
  [/^yaml$/, join(root, "node_modules", "yaml", "browser", "index.js")],
];

const replace: Plugin = {
  name: "replace",
  setup(plugins) {
    for (const [filter, path] of REPLACED) plugins.onResolve({ filter }, () => ({ path }));
  },
};

const COMMON: BuildOptions = {
  // Paths in comments begin here, from wherever it is called.
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node22",
  // Modules before CommonJS, as only of those what is not used can be left out.
  mainFields: ["module", "main"],
  legalComments: "inline",
  logLevel: "warning",
};

/**
 * Bundles the command: `run.mjs`, `entry.mjs` of the API server's thread, `gateway-worker.mjs` of a gateway's, the chunks they share or load when they need
 * them, and the files that are started by name. The same sources give the same bytes.
 *
 * @param folder - Made, or replaced.
 */
export async function bundleCommand(folder: string = BUNDLE_FOLDER): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  // Made beside and renamed, so that who looks into the folder sees a whole bundle.
  const part = mkdtempSync(`${folder}-`);
  try {
    await build({
      ...COMMON,
      entryPoints: {
        run: join(command, "src", "run.ts"),
        entry: join(embedded, "apiserver", "thread", "entry.mjs"),
        "gateway-worker": join(command, "src", "up", "gateway-worker.mjs"),
      },
      outdir: part,
      outExtension: { ".js": ".mjs" },
      chunkNames: "[name]-[hash]",
      format: "esm",
      splitting: true,
      plugins: [replace],
      // Some dependencies are CommonJS and ask for modules of Node.js.
      banner: {
        js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
      },
    });
    await build({
      ...COMMON,
      entryPoints: [join(here, "cel.ts")],
      outfile: join(part, "cel.cjs"),
      format: "cjs",
    });
    copyFileSync(await buildRuntime(), join(part, "sandgate-runtime.mjs"));
    const enter = join(embedded, "node", "enter");
    for (const name of readdirSync(enter).filter((name) => name.endsWith(".py"))) {
      copyFileSync(join(enter, name), join(part, name));
    }
    copyFileSync(join(root, "LICENSE"), join(part, "LICENSE"));
    const texts = readdirSync(part).map((name) => readFileSync(join(part, name), "utf8"));
    const bundled = packagesIn(texts.join("\n"));
    writeFileSync(join(part, "THIRD-PARTY-NOTICES"), thirdPartyNotices(bundled, join(root, "node_modules")));
    chmodSync(part, 0o755);
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}
