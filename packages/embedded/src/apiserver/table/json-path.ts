// The part of kubectl's JSONPath that printer columns use: members (dotted, escaped or quoted), indexes and slices,
// wildcards, recursive descent and filters that compare one path with one value.

/** Finds every value that a path leads to in an object; none if it leads nowhere. */
export type JsonPath = (root: unknown) => unknown[];

type Step = (value: unknown) => unknown[];
type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=";

const OPERATORS: Readonly<Record<Operator, (order: number) => boolean>> = {
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};
const FILTER = /^\?\(\s*@((?:[^=!<>"']|'[^']*'|"[^"]*")*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*\)$/s;
const SLICE = /^(-?\d+)?:(-?\d+)?(?::(\d+))?$/;
/** Values past this many are not looked for: a path is one cell of a table, of which only the first is shown. */
const MOST_VALUES = 10_000;

/**
 * Compiles a path such as `.status.conditions[?(@.type=="Ready")].status`; a `$` or braces around it are allowed.
 *
 * @throws SyntaxError for text that is no path of this part of the language.
 */
export function compileJsonPath(text: string): JsonPath {
  const trimmed = text.trim().replace(/^\{(.*)\}$/s, "$1");
  const steps = parseSteps(trimmed.replace(/^\$/, ""));
  return (root) => {
    let values: unknown[] = [root];
    for (const step of steps) {
      const next: unknown[] = [];
      for (const value of values) {
        for (const found of step(value)) next.push(found);
        if (next.length > MOST_VALUES) break;
      }
      values = next;
    }
    return values;
  };
}

function parseSteps(path: string): Step[] {
  const steps: Step[] = [];
  let at = 0;
  const fail = (why: string): never => {
    throw new SyntaxError(`${why} at ${at} of the JSONPath ${JSON.stringify(path)}`);
  };
  while (at < path.length) {
    if (path[at] === "[") {
      const end = closingBracket(path, at);
      if (end === -1) fail("unclosed bracket");
      steps.push(bracketStep(path.slice(at + 1, end), fail));
      at = end + 1;
      continue;
    }
    const recursive = path.startsWith("..", at);
    if (recursive) {
      steps.push(descendants);
      at += 2;
      if (path[at] === "[") continue;
    } else if (path[at] === ".") at += 1;
    else if (at > 0) fail("a member without its dot");
    // A dot before a bracket, or alone, adds nothing.
    if (!recursive && (path[at] === "[" || at === path.length)) continue;
    const [name, next] = memberName(path, at);
    if (next === at) fail("a member without name");
    steps.push(name === "*" ? children : (value) => member(value, name));
    at = next;
  }
  return steps;
}

/** Reads up to the next dot or bracket; a backslash makes the next character part of the name. */
function memberName(path: string, start: number): [name: string, end: number] {
  let name = "";
  let at = start;
  for (; at < path.length; at += 1) {
    const character = path.charAt(at);
    if (character === "." || character === "[" || character === "]") break;
    if (character === "\\" && at + 1 < path.length) at += 1;
    name += path.charAt(at);
  }
  return [name, at];
}

function closingBracket(path: string, open: number): number {
  let depth = 0;
  let quote = "";
  for (let at = open; at < path.length; at += 1) {
    const character = path.charAt(at);
    if (quote !== "") {
      if (character === "\\") at += 1;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "[") depth += 1;
    else if (character === "]") {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function bracketStep(content: string, fail: (why: string) => never): Step {
  const text = content.trim();
  if (text === "*") return children;
  if (/^-?\d+$/.test(text)) {
    const index = Number(text);
    return (value) =>
      Array.isArray(value) && index < value.length && -index <= value.length ? [value.at(index)] : [];
  }
  const slice = SLICE.exec(text);
  if (slice !== null) return sliceStep(slice);
  const filter = FILTER.exec(text);
  if (filter !== null) return filterStep(filter, fail);
  const quoted = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/s.exec(text);
  if (quoted === null) return fail(`[${text}] is not understood`);
  const name = (quoted[1] ?? quoted[2] ?? "").replaceAll(/\\(.)/gs, "$1");
  return (value) => member(value, name);
}

function sliceStep([, from, to, stride]: RegExpExecArray): Step {
  const step = Math.max(Number(stride ?? 1), 1);
  return (value) => {
    if (!Array.isArray(value)) return [];
    const part: unknown[] = value.slice(Number(from ?? 0), to === undefined ? undefined : Number(to));
    return step === 1 ? part : part.filter((_, index) => index % step === 0);
  };
}

function filterStep([, left = "", operator, right]: RegExpExecArray, fail: (why: string) => never): Step {
  const find = compileJsonPath(left);
  if (operator === undefined || right === undefined) {
    return (value) => elements(value).filter((element) => find(element).length > 0);
  }
  const wanted = literal(right, fail);
  return (value) =>
    elements(value).filter((element) => {
      const [found] = find(element);
      const order = compare(found, wanted);
      return order === undefined ? false : OPERATORS[operator as Operator](order);
    });
}

function literal(text: string, fail: (why: string) => never): string | number | boolean {
  const quoted = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/s.exec(text);
  if (quoted !== null) return (quoted[1] ?? quoted[2] ?? "").replaceAll(/\\(.)/gs, "$1");
  if (text === "true" || text === "false") return text === "true";
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return fail(`${text} is not understood`);
}

/** Values of different types have no order, so that neither equality nor its opposite holds. */
function compare(found: unknown, wanted: string | number | boolean): number | undefined {
  if (typeof found !== typeof wanted || found === undefined || found === null) return undefined;
  return found === wanted ? 0 : (found as typeof wanted) < wanted ? -1 : 1;
}

function elements(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function member(value: unknown, name: string): unknown[] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return [];
  const found: unknown = Reflect.get(value, name);
  return found === null ? [] : [found];
}

function children(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value);
}

function descendants(value: unknown): unknown[] {
  const all: unknown[] = [value];
  for (let index = 0; index < all.length && all.length < MOST_VALUES; index += 1)
    all.push(...children(all[index]));
  return all;
}
