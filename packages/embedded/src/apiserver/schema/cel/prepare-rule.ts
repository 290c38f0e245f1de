import type { ValidationRule } from "../schema.ts";
import { type CompiledRule, compileRule } from "./compile-rule.ts";
import { knownRule, type KnownRule } from "./known-rule.ts";

/** A rule as it is checked. */
export type PreparedRule =
  | { readonly kind: "known"; readonly rule: ValidationRule; readonly holds: KnownRule }
  | {
      readonly kind: "compiled";
      readonly rule: ValidationRule;
      readonly program: CompiledRule;
      readonly message: CompiledRule | undefined;
    }
  /** It cannot be checked here; whoever declares it is told why. */
  | { readonly kind: "open"; readonly rule: ValidationRule; readonly why: string };

const prepared = new WeakMap<ValidationRule, PreparedRule>();

/** Gets a rule ready to be checked, once. */
export function prepareRule(rule: ValidationRule): PreparedRule {
  const known = prepared.get(rule);
  if (known !== undefined) return known;
  const made = prepare(rule);
  prepared.set(rule, made);
  return made;
}

function prepare(rule: ValidationRule): PreparedRule {
  const plain = (rule.messageExpression ?? "") === "" && rule.optionalOldSelf !== true;
  const holds = plain ? knownRule(rule.rule) : undefined;
  if (holds !== undefined) return { kind: "known", rule, holds };
  const program = compileRule(rule.rule);
  if (typeof program === "string") return { kind: "open", rule, why: program };
  const source = rule.messageExpression ?? "";
  const message = source === "" ? undefined : compileRule(source);
  // A message that cannot be made falls back to the fixed one, as it does in Kubernetes.
  return { kind: "compiled", rule, program, message: typeof message === "string" ? undefined : message };
}
