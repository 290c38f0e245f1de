import { ApiError } from "./api-error.ts";

/** Deeper objects have no use, and every walk through an object is recursive. */
const MAX_DEPTH = 256;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Walks valid JSON for what `JSON.parse` does not tell.
 *
 * @returns Paths of members that occur twice in their object.
 * @throws ApiError 400 for nesting without end and for a member that would become an object's prototype.
 */
export function scanJson(text: string): readonly string[] {
  const duplicates: string[] = [];
  /** Per open bracket: the member names seen, or null in an array; and the step to the present value. */
  const seen: (Set<string> | null)[] = [];
  const steps: string[] = [];
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      const end = stringEnd(text, index);
      const names = seen.at(-1);
      if (names !== null && names !== undefined && isMemberName(text, end)) {
        const raw = text.slice(index + 1, end - 1);
        const name = raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
        if (name === "__proto__") throw new ApiError("BadRequest", 'a member cannot be named "__proto__"');
        steps[steps.length - 1] = name;
        if (names.has(name)) duplicates.push(pathOf(steps));
        names.add(name);
      }
      index = end;
      continue;
    }
    const character = text[index];
    if (character === "{" || character === "[") {
      if (seen.length >= MAX_DEPTH) {
        throw new ApiError("BadRequest", `the body is nested deeper than ${MAX_DEPTH} levels`);
      }
      seen.push(character === "{" ? new Set() : null);
      steps.push(character === "{" ? "" : "[0]");
    } else if (character === "}" || character === "]") {
      seen.pop();
      steps.pop();
    } else if (character === "," && seen.at(-1) === null) {
      steps[steps.length - 1] = `[${Number(steps.at(-1)?.slice(1, -1)) + 1}]`;
    }
    index++;
  }
  return duplicates;
}

/** Index after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

function isMemberName(text: string, end: number): boolean {
  let index = end;
  while (/\s/.test(text[index] ?? "")) index++;
  return text[index] === ":";
}

function pathOf(steps: readonly string[]): string {
  return steps.join(".").replaceAll(".[", "[");
}
