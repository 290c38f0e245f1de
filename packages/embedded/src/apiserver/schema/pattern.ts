import { RE2JS } from "@bufbuild/re2";

/** A compiled pattern of a schema. */
export interface Pattern {
  /** Whether any part of the text matches. */
  test(text: string): boolean;
}

const compiled = new Map<string, Pattern | undefined>();
/** A schema's patterns are few; the bound is for CustomResourceDefinitions that come and go. */
const MOST_KEPT = 4096;

/**
 * Compiles a pattern in RE2's syntax, which is what Kubernetes understands. Matching takes time in proportion to the
 * text, whatever the pattern, so that no schema can stop the server.
 *
 * @returns Undefined if it is no valid pattern.
 */
export function compilePattern(source: string): Pattern | undefined {
  if (compiled.has(source)) return compiled.get(source);
  let pattern: Pattern | undefined;
  try {
    pattern = RE2JS.compile(source);
  } catch {
    // The parser throws its own errors and, for odd input, others; whichever it is, there is no pattern.
    pattern = undefined;
  }
  if (compiled.size >= MOST_KEPT) compiled.clear();
  compiled.set(source, pattern);
  return pattern;
}
