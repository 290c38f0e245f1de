/** One condition on one label. `exists` and `notExists` have no values. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: "in" | "notIn" | "exists" | "notExists" | "greaterThan" | "lessThan";
  readonly values: readonly string[];
}

/** All conditions must hold; none: everything matches. */
export type LabelSelector = readonly LabelRequirement[];

/** metav1.LabelSelector, as it stands in objects. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A selector that is not in the grammar; `message` says where. */
export class LabelSelectorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LabelSelectorError";
  }
}

const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const TOKEN = /\s*(!=|==|=|!|,|\(|\)|<|>|[^\s!=,()<>]+)/y;

/**
 * Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1` as the API takes it in `labelSelector`.
 *
 * @throws LabelSelectorError
 */
export function parseLabelSelector(text: string): LabelSelector {
  const tokens = tokenize(text);
  const requirements: LabelRequirement[] = [];
  let at = 0;
  const next = (): string | undefined => tokens[at++];
  const peek = (): string | undefined => tokens[at];
  while (at < tokens.length) {
    requirements.push(parseRequirement(next, peek, text));
    const separator = next();
    if (separator === undefined) break;
    if (separator !== ",") throw unexpected(text, separator, "','");
    if (peek() === undefined) throw unexpected(text, "", "identifier after ','");
  }
  return requirements;
}

/** Text that `parseLabelSelector` reads back to an equal selector. */
export function formatLabelSelector(selector: LabelSelector): string {
  return selector
    .map(({ key, operator, values }) => {
      const [value = ""] = values;
      switch (operator) {
        case "exists":
          return key;
        case "notExists":
          return `!${key}`;
        case "greaterThan":
          return `${key}>${value}`;
        case "lessThan":
          return `${key}<${value}`;
        case "in":
          return values.length === 1 ? `${key}=${value}` : `${key} in (${values.join(",")})`;
        case "notIn":
          return values.length === 1 ? `${key}!=${value}` : `${key} notin (${values.join(",")})`;
        default:
          return operator satisfies never;
      }
    })
    .join(",");
}

/** The selector of an object's `selector` member; an absent one matches nothing in Kubernetes: ask before. */
export function selectorFromObject(object: LabelSelectorObject): LabelSelector {
  const requirements: LabelRequirement[] = Object.entries(object.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "in",
    values: [value],
  }));
  const operators: Record<string, LabelRequirement["operator"]> = {
    In: "in",
    NotIn: "notIn",
    Exists: "exists",
    DoesNotExist: "notExists",
  };
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = operators[operator];
    if (known === undefined)
      throw new LabelSelectorError(`${JSON.stringify(operator)} is not a valid operator`);
    requirements.push({ key, operator: known, values: values ?? [] });
  }
  return requirements;
}

export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every((requirement) => matchesRequirement(requirement, labels));
}

function matchesRequirement(
  { key, operator, values }: LabelRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "exists":
      return value !== undefined;
    case "notExists":
      return value === undefined;
    case "in":
      return value !== undefined && values.includes(value);
    case "notIn":
      return value === undefined || !values.includes(value);
    case "greaterThan":
    case "lessThan": {
      const limit = values[0] ?? "";
      if (value === undefined || !isInteger(value) || !isInteger(limit)) return false;
      return operator === "greaterThan" ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
    }
    default:
      return operator satisfies never;
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const source = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (match === null) throw new LabelSelectorError(`unable to parse requirement: ${JSON.stringify(text)}`);
    tokens.push(match[1] ?? "");
  }
  return tokens;
}

function parseRequirement(
  next: () => string | undefined,
  peek: () => string | undefined,
  text: string,
): LabelRequirement {
  const first = next();
  if (first === "!") return { key: checkKey(next()), operator: "notExists", values: [] };
  const key = checkKey(first);
  const operator = peek();
  if (operator === undefined || operator === ",") return { key, operator: "exists", values: [] };
  next();
  switch (operator) {
    case "=":
    case "==":
      return { key, operator: "in", values: [parseValue(next, peek)] };
    case "!=":
      return { key, operator: "notIn", values: [parseValue(next, peek)] };
    case "<":
    case ">": {
      const value = parseValue(next, peek);
      if (!isInteger(value)) {
        throw new LabelSelectorError(`values[0][${key}]: Invalid value: "${value}": must be an integer`);
      }
      return { key, operator: operator === ">" ? "greaterThan" : "lessThan", values: [value] };
    }
    case "in":
    case "notin":
      return { key, operator: operator === "in" ? "in" : "notIn", values: parseValues(next, peek, text) };
    default:
      throw unexpected(text, operator, "in, notin, =, ==, !=, >, <");
  }
}

function parseValues(next: () => string | undefined, peek: () => string | undefined, text: string): string[] {
  const open = next();
  if (open !== "(") throw unexpected(text, open ?? "", "'('");
  const values: string[] = [];
  for (;;) {
    if (peek() === "," || peek() === ")") values.push("");
    else values.push(checkValue(next()));
    const separator = next();
    if (separator === ")") return values;
    if (separator !== ",") throw unexpected(text, separator ?? "", "',' or ')'");
  }
}

function parseValue(next: () => string | undefined, peek: () => string | undefined): string {
  const following = peek();
  return following === undefined || following === "," ? "" : checkValue(next());
}

function checkKey(key: string | undefined): string {
  const parts = (key ?? "").split("/");
  const name = parts.at(-1) ?? "";
  const valid =
    parts.length <= 2 &&
    name.length <= 63 &&
    NAME.test(name) &&
    (parts.length === 1 || (PREFIX.test(parts[0] ?? "") && (parts[0] ?? "").length <= 253));
  if (!valid || key === undefined) {
    throw new LabelSelectorError(
      `key: Invalid value: ${JSON.stringify(key ?? "")}: not a qualified label name`,
    );
  }
  return key;
}

function checkValue(value: string | undefined): string {
  if (value === undefined || value.length > 63 || (value !== "" && !NAME.test(value))) {
    throw new LabelSelectorError(`values: Invalid value: ${JSON.stringify(value ?? "")}: not a label value`);
  }
  return value;
}

function isInteger(value: string): boolean {
  return /^-?\d+$/.test(value);
}

function unexpected(text: string, found: string, expected: string): LabelSelectorError {
  return new LabelSelectorError(
    `unable to parse requirement in ${JSON.stringify(text)}: found '${found}', expected: ${expected}`,
  );
}
