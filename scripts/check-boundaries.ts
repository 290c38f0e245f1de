/**
 * Refuses an import that the layout does not allow. The compiler follows any path that exists; which package may know
 * which is a decision, and this table is where it stands (design: packages and their arrows).
 */
import { readFileSync, readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A package may import itself and what its row names. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  kube: ["contract"],
  gateway: ["contract", "kube"],
  embedded: ["contract", "kube"],
  runtime: ["contract"],
  cli: ["contract", "kube", "gateway", "embedded", "runtime"],
};

/** Folders of one package that must not import each other. */
const WALLS: readonly (readonly string[])[] = [
  ["packages/embedded/src/apiserver", "packages/embedded/src/controllers", "packages/embedded/src/node"],
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const IMPORT =
  /(?:^|[^\w.])(?:import|export)\s+(?:[^"';]*?\s+from\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** Every problem in the tree, one line each. */
export function checkBoundaries(): string[] {
  const problems: string[] = [];
  for (const name of Object.keys(PACKAGES)) {
    const folder = join(root, "packages", name);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
      devDependencies?: Record<string, string>;
    };
    // What is bundled into a published package is, for those who install it, no dependency.
    const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }));
    for (const file of sources(join(folder, "src"))) {
      for (const specifier of importsOf(readFileSync(file, "utf8"))) {
        const problem = judge(name, file, specifier, declared);
        if (problem !== null) problems.push(`${relative(root, file)}: ${problem}`);
      }
    }
  }
  return problems;
}

function judge(from: string, file: string, specifier: string, declared: ReadonlySet<string>): string | null {
  if (specifier.startsWith(".")) return judgeRelative(from, file, specifier);
  const test = file.endsWith(".test.ts");
  if (specifier.startsWith("node:") || builtinModules.includes(specifier)) return null;
  const parts = specifier.split("/");
  const packageName = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
  if (packageName === undefined) return null;
  if (packageName.startsWith("@sandgate/")) {
    const to = packageName.slice("@sandgate/".length);
    if (to !== from && !(PACKAGES[from] ?? []).includes(to)) return `may not import ${packageName}`;
  }
  if (test && (packageName === "vitest" || packageName === "fast-check")) return null;
  if (!declared.has(packageName)) return `imports ${packageName}, which its package.json does not declare`;
  return null;
}

function judgeRelative(from: string, file: string, specifier: string): string | null {
  const target = resolve(dirname(file), specifier);
  if (!target.startsWith(join(root, "packages", from) + "/"))
    return `reaches out of its package: ${specifier}`;
  for (const wall of WALLS) {
    const here = wall.find((folder) => file.startsWith(join(root, folder) + "/"));
    const there = wall.find((folder) => target.startsWith(join(root, folder) + "/"));
    if (here !== undefined && there !== undefined && here !== there) return `${here} may not import ${there}`;
  }
  return null;
}

/** Specifiers of static and dynamic imports, comments left out. */
export function importsOf(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? "");
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}
