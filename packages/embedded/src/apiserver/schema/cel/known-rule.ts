import { isJsonEqual, isJsonObject } from "../../patch/json-value.ts";

/** A rule that says something simple which needs no evaluator. */
export type KnownRule = (self: unknown, oldSelf: unknown) => boolean;

const NAME = "([A-Za-z_][A-Za-z0-9_]*)";
const IMMUTABLE = /^self ?== ?oldSelf$/;
const IMMUTABLE_WITH_PRESENCE = new RegExp(
  `^has\\(self\\.${NAME}\\) ?== ?has\\(oldSelf\\.\\1\\) ?&& ?\\(!has\\(self\\.\\1\\) ?\\|\\| ?self\\.\\1 ?== ?oldSelf\\.\\1\\)$`,
);

/**
 * Recognises the usual ways to say that something cannot be changed. They are what most definitions have for rules,
 * and agent-sandbox's only one; they are checked without the evaluator, which is slow to load and slower to ask.
 */
export function knownRule(source: string): KnownRule | undefined {
  const text = source.trim().replaceAll(/\s+/g, " ");
  if (IMMUTABLE.test(text)) return isJsonEqual;
  const [, name] = IMMUTABLE_WITH_PRESENCE.exec(text) ?? [];
  // Such a name stands for another field.
  if (name === undefined || name.includes("__")) return undefined;
  return (self, oldSelf) => isJsonEqual(memberOf(self, name), memberOf(oldSelf, name));
}

/** Null is absent to rules. */
function memberOf(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? (value[name] ?? undefined) : undefined;
}
