/** Commands that the documentation gives people, taken from its pages, so that a test runs just what they run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");
/** `<!-- steps: helm, kustomize; goes on -->` before a block of commands. */
const BLOCK = /^<!-- steps: ([^;>]+?)(; goes on)? -->\n```sh\n([\s\S]*?)^```$/gm;

export interface Step {
  commands: string;
  /** It runs in a terminal of its own while the next ones are taken. */
  goesOn: boolean;
}

/**
 * The steps of one way through a page, in the order of the page.
 *
 * @param way - As the comments before its blocks name it.
 * @throws Error where the page has none.
 */
export function guideSteps(page: string, way: string): Step[] {
  const text = readFileSync(join(root, page), "utf8");
  const steps = [...text.matchAll(BLOCK)]
    .filter(([, ways = ""]) => ways.split(", ").includes(way))
    .map(([, , goesOn, commands = ""]) => ({ commands, goesOn: goesOn !== undefined }));
  if (steps.length === 0) throw new Error(`${page} has no block with "steps: ${way}"`);
  return steps;
}

/** Every way that the comments of a page name, each once. */
export function waysThrough(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const ways = [...text.matchAll(BLOCK)].flatMap(([, ways = ""]) => ways.split(", "));
  return [...new Set(ways)].toSorted();
}

/**
 * One script for bash that takes the steps one after another and ends at the first command that fails. A step that goes on
 * counts as taken when it has printed its first line, and ends with the script.
 */
export function scriptOf(steps: readonly Step[]): string {
  const lines = steps.map(({ commands, goesOn }) =>
    goesOn
      ? `exec {terminal}< <(\n${commands})\npids+=($!)\nread -r line <&$terminal\nprintf '%s\\n' "$line"`
      : commands,
  );
  return [
    "set -euo pipefail",
    "pids=()",
    `trap 'for pid in "\${pids[@]}"; do kill "$pid"; done' EXIT`,
    ...lines,
    "",
  ].join("\n");
}
