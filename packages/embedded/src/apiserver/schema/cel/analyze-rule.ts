import type { CelLibrary } from "./load-cel.ts";

type Expression = NonNullable<ReturnType<CelLibrary["parse"]>["expr"]>;

/** What a rule consists of, as far as it says what evaluating it needs. */
export interface RuleAnalysis {
  /** Names of the functions and methods that are called; qualified where they can be. */
  readonly calls: readonly { readonly name: string; readonly qualified: string | undefined }[];
  /** Names that come from outside. */
  readonly identifiers: ReadonlySet<string>;
  /** How many parts stand outside of any loop, within one, within two of them, … */
  readonly sizes: readonly number[];
  /** Elements of the longest list or map that the rule itself writes out. */
  readonly longestLiteral: number;
}

export function analyzeRule(expression: Expression): RuleAnalysis {
  const calls: { name: string; qualified: string | undefined }[] = [];
  const identifiers = new Set<string>();
  const sizes: number[] = [];
  let longestLiteral = 0;

  function visitAll(expressions: readonly (Expression | undefined)[], loops: number): void {
    for (const each of expressions) visit(each, loops);
  }

  function visit(expr: Expression | undefined, loops: number): void {
    if (expr === undefined) return;
    sizes[loops] = (sizes[loops] ?? 0) + 1;
    const { exprKind } = expr;
    switch (exprKind.case) {
      case "identExpr":
        identifiers.add(exprKind.value.name);
        break;
      case "selectExpr":
        visit(exprKind.value.operand, loops);
        break;
      case "callExpr": {
        const { function: name, target, args } = exprKind.value;
        const prefix = target === undefined ? undefined : qualifiedName(target);
        calls.push({ name, qualified: prefix === undefined ? undefined : `${prefix}.${name}` });
        visitAll([target, ...args], loops);
        break;
      }
      case "listExpr":
        longestLiteral = Math.max(longestLiteral, exprKind.value.elements.length);
        visitAll(exprKind.value.elements, loops);
        break;
      case "structExpr":
        longestLiteral = Math.max(longestLiteral, exprKind.value.entries.length);
        for (const { keyKind, value } of exprKind.value.entries) {
          visitAll([keyKind.case === "mapKey" ? keyKind.value : undefined, value], loops);
        }
        break;
      case "comprehensionExpr": {
        const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
        visitAll([iterRange, accuInit, result], loops);
        visitAll([loopCondition, loopStep], loops + 1);
        break;
      }
      default:
    }
  }

  visit(expression, 0);
  return { calls, identifiers, sizes: Array.from(sizes, (size) => size ?? 0), longestLiteral };
}

function qualifiedName({ exprKind }: Expression): string | undefined {
  if (exprKind.case === "identExpr") return exprKind.value.name;
  if (exprKind.case !== "selectExpr" || exprKind.value.testOnly || exprKind.value.operand === undefined) {
    return undefined;
  }
  const prefix = qualifiedName(exprKind.value.operand);
  return prefix === undefined ? undefined : `${prefix}.${exprKind.value.field}`;
}
