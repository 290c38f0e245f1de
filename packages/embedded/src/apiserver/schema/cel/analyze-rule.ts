import type { CelLibrary } from "./load-cel.ts";

type Expression = NonNullable<ReturnType<CelLibrary["parse"]>["expr"]>;

/** What a rule consists of, as far as it says what evaluating it needs. */
export interface RuleAnalysis {
  /** Names of the functions and methods that are called; qualified where they can be. */
  readonly calls: readonly { readonly name: string; readonly qualified: string | undefined }[];
  /** Names that come from outside. */
  readonly identifiers: ReadonlySet<string>;
  readonly size: number;
  /** How many loops stand within each other. */
  readonly loops: number;
}

export function analyzeRule(expression: Expression): RuleAnalysis {
  const calls: { name: string; qualified: string | undefined }[] = [];
  const identifiers = new Set<string>();
  let size = 0;

  function visit(expr: Expression | undefined): number {
    if (expr === undefined) return 0;
    size++;
    const { exprKind } = expr;
    switch (exprKind.case) {
      case "identExpr":
        identifiers.add(exprKind.value.name);
        return 0;
      case "selectExpr":
        return visit(exprKind.value.operand);
      case "callExpr": {
        const { function: name, target, args } = exprKind.value;
        const prefix = target === undefined ? undefined : qualifiedName(target);
        calls.push({ name, qualified: prefix === undefined ? undefined : `${prefix}.${name}` });
        return Math.max(0, visit(target), ...args.map(visit));
      }
      case "listExpr":
        return Math.max(0, ...exprKind.value.elements.map(visit));
      case "structExpr":
        return Math.max(
          0,
          ...exprKind.value.entries.flatMap(({ keyKind, value }) => [
            keyKind.case === "mapKey" ? visit(keyKind.value) : 0,
            visit(value),
          ]),
        );
      case "comprehensionExpr": {
        const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
        const within = Math.max(visit(loopCondition), visit(loopStep));
        return Math.max(visit(iterRange), visit(accuInit), visit(result), 1 + within);
      }
      default:
        return 0;
    }
  }

  const loops = visit(expression);
  return { calls, identifiers, size, loops };
}

function qualifiedName({ exprKind }: Expression): string | undefined {
  if (exprKind.case === "identExpr") return exprKind.value.name;
  if (exprKind.case !== "selectExpr" || exprKind.value.testOnly || exprKind.value.operand === undefined) {
    return undefined;
  }
  const prefix = qualifiedName(exprKind.value.operand);
  return prefix === undefined ? undefined : `${prefix}.${exprKind.value.field}`;
}
