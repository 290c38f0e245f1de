import { type PathElement, pathText } from "./path-element.ts";

/** One place where a value does not have the shape that its schema declares. */
export interface ShapeProblem {
  /** Path to the value, empty for the object itself. */
  readonly path: readonly PathElement[];
  readonly message: string;
}

/** A value cannot be merged because it does not have the shape that its schema declares. */
export class TypedError extends Error {
  readonly problems: readonly ShapeProblem[];

  constructor(problems: readonly ShapeProblem[]) {
    super(describe(problems));
    this.name = "TypedError";
    this.problems = problems;
  }
}

function describe(problems: readonly ShapeProblem[]): string {
  const lines = problems.map(({ path, message }) =>
    path.length === 0 ? message : `${pathText(path)}: ${message}`,
  );
  return lines.length === 1 ? (lines[0] ?? "") : ["errors:", ...lines.map((line) => `  ${line}`)].join("\n");
}
