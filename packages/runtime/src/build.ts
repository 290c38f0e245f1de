import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const OUTPUT = join(folder, "dist", "sandgate-runtime.mjs");
const STAMP = join(folder, "dist", "source-hash");

/**
 * Bundles the runtime into one file, as pods get it; nothing is done where the file is of these sources.
 *
 * @returns The file's path.
 */
export async function buildRuntime(): Promise<string> {
  const hash = hashSources();
  if (existsSync(OUTPUT) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === hash) return OUTPUT;
  // Loaded only here: a published package brings the finished file.
  const { build } = await import("esbuild");
  mkdirSync(dirname(OUTPUT), { recursive: true });
  // Written beside and renamed, so that two builds at once leave one whole file.
  const part = `${OUTPUT}.${process.pid}.mjs`;
  await build({
    entryPoints: [join(folder, "src", "main.ts")],
    outfile: part,
    // Paths in comments begin here, from wherever it is called: the same sources give the same bytes.
    absWorkingDir: folder,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    legalComments: "inline",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  renameSync(part, OUTPUT);
  writeFileSync(STAMP, hash);
  return OUTPUT;
}

function hashSources(): string {
  const hash = createHash("sha256");
  const sources = readdirSync(join(folder, "src")).filter(
    (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
  );
  for (const name of [...sources.toSorted().map((one) => join("src", one)), "package.json"]) {
    hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex");
}
