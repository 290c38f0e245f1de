import type { CelFunc, CelInput, CelValue } from "@bufbuild/cel";
import { analyzeRule, type RuleAnalysis } from "./analyze-rule.ts";
import { listFunctions } from "./list-functions.ts";
import { type CelLibrary, loadCel } from "./load-cel.ts";
import { opaque } from "./opaque-value.ts";
import { optionalFunctions } from "./optional-functions.ts";
import { quantityFunctions } from "./quantity-functions.ts";
import { ruleValue, type TextReaders } from "./rule-value.ts";
import { textFunctions } from "./text-functions.ts";
import type { Schema } from "../schema.ts";

/** An expression that can be evaluated. */
export interface CompiledRule {
  readonly analysis: RuleAnalysis;
  /** Whether it speaks of the object as it was. */
  readonly usesOldSelf: boolean;
  /** @returns The value, or an Error with what went wrong. */
  evaluate(variables: RuleVariables): CelValue | Error;
}

export interface RuleVariables {
  readonly self: unknown;
  readonly oldSelf: unknown;
  readonly schema: Schema;
  readonly isRoot: boolean;
  /** Whether `oldSelf` is an optional value, which an object that is created does not have. */
  readonly optionalOldSelf: boolean;
}

interface Engine {
  readonly cel: CelLibrary;
  readonly env: ReturnType<CelLibrary["celEnv"]>;
  readonly readers: TextReaders;
}

let engine: Engine | undefined;

function startEngine(): Engine {
  if (engine !== undefined) return engine;
  const cel = loadCel();
  const funcs: CelFunc[] = [
    ...cel.strings,
    ...listFunctions(cel),
    ...textFunctions(cel),
    ...quantityFunctions(cel),
    ...optionalFunctions(cel),
  ];
  const env = cel.celEnv({ funcs });
  const read =
    (source: string) =>
    (text: string): CelInput => {
      const value = cel.plan(env, cel.parse(source))({ text });
      return cel.isCelError(value) ? text : value;
    };
  engine = { cel, env, readers: { timestamp: read("timestamp(text)"), duration: read("duration(text)") } };
  return engine;
}

const compiled = new Map<string, CompiledRule | string>();
const MOST_KEPT = 2048;

/**
 * Compiles an expression; the same text is compiled once.
 *
 * @returns Or why it cannot be evaluated here: it is malformed, or uses what this server does not have.
 */
export function compileRule(source: string): CompiledRule | string {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  if (compiled.size >= MOST_KEPT) compiled.clear();
  const made = compile(source);
  compiled.set(source, made);
  return made;
}

function compile(source: string): CompiledRule | string {
  const { cel, env, readers } = startEngine();
  let parsed: ReturnType<CelLibrary["parse"]>;
  try {
    parsed = cel.parse(source);
  } catch (error) {
    return `the expression cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (parsed.expr === undefined) return "the expression is empty";
  const analysis = analyzeRule(parsed.expr);
  const missing = missingFunctions(env, analysis);
  if (missing.length > 0) return `this server does not have ${missing.join(", ")}`;
  let program: (bindings: Record<string, CelInput>) => CelValue | Error;
  try {
    program = cel.plan(env, parsed);
  } catch (error) {
    return `the expression cannot be compiled: ${error instanceof Error ? error.message : String(error)}`;
  }
  return {
    analysis,
    usesOldSelf: analysis.identifiers.has("oldSelf"),
    evaluate({ self, oldSelf, schema, isRoot, optionalOldSelf }) {
      const now = ruleValue(cel, readers, self, schema, isRoot) ?? null;
      if (!analysis.identifiers.has("oldSelf")) return program({ self: now });
      const old = ruleValue(cel, readers, oldSelf, schema, isRoot);
      if (!optionalOldSelf) return program({ self: now, oldSelf: old ?? null });
      return program({ self: now, oldSelf: opaque(cel, "optional", old === undefined ? [] : [old]) });
    },
  };
}

/** Operators that are evaluated without being functions. */
const BUILT_IN = new Set(["_[_]", "_?_:_", "_&&_", "_||_", "@not_strictly_false", "__not_strictly_false__"]);

function missingFunctions({ funcs }: Engine["env"], { calls }: RuleAnalysis): string[] {
  const missing = new Set<string>();
  for (const { name, qualified } of calls) {
    if (BUILT_IN.has(name) || funcs.find(name) !== undefined) continue;
    if (qualified !== undefined && funcs.find(qualified) !== undefined) continue;
    missing.add(`${name}()`);
  }
  return [...missing];
}
