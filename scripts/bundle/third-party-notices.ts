import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The bundler says before every module from which file it is. */
const FROM_PACKAGE = /^\s*\/\/ (?:\.\.\/)*node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//gm;

/** Names of the packages of which parts are in a bundled text, sorted. */
export function packagesIn(bundled: string): string[] {
  return [...new Set([...bundled.matchAll(FROM_PACKAGE)].map(([, name = ""]) => name))].toSorted();
}

/**
 * What the licences of bundled packages ask to be handed on with them: name, version and text of each.
 *
 * @throws Error for a package that says neither a licence nor brings its text: it may not be bundled.
 */
export function thirdPartyNotices(names: readonly string[], modules: string): string {
  return names.map((name) => noticeOf(name, join(modules, name))).join("\n");
}

function noticeOf(name: string, folder: string): string {
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    version: string;
    license?: string;
  };
  const texts = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|copyrightnotice|notice)(?:\.\w+)?$/i.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
  if (license === undefined && texts.length === 0)
    throw new Error(`${name} ${version} names no licence and cannot be bundled`);
  const heading = `${name} ${version} (${license ?? "licence below"})`;
  return [heading, "=".repeat(heading.length), ...texts, ""].join("\n\n");
}
