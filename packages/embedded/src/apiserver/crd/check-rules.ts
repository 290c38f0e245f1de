import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { invalidValue, notSupported, required } from "../registry/field-errors.ts";
import type { Errors } from "../registry/validation/checks.ts";

const REASONS: readonly unknown[] = [
  "FieldValueDuplicate",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueRequired",
];

/** Checks how CEL rules are declared. One that this server cannot read is no error but a warning: it may be good elsewhere. */
export function* checkRules(schema: JsonObject, at: string): Errors {
  const rules = schema["x-kubernetes-validations"];
  if (!Array.isArray(rules)) return;
  for (const [index, rule] of rules.entries()) {
    const path = `${at}.x-kubernetes-validations[${index}]`;
    if (isJsonObject(rule)) yield* checkRule(rule, path);
    else yield invalidValue(path, rule, "must be an object");
  }
}

function* checkRule(rule: JsonObject, at: string): Errors {
  const { message, messageExpression, reason, fieldPath } = rule;
  const text = typeof rule["rule"] === "string" ? rule["rule"].trim() : "";
  if (text === "") {
    yield required(`${at}.rule`, "rule is not specified");
    return;
  }
  if (typeof message === "string" && message.trim() === "" && message !== "") {
    yield invalidValue(`${at}.message`, message, "must be non-empty if specified");
  } else if (typeof message === "string" && message.trim().includes("\n")) {
    yield invalidValue(`${at}.message`, message, "must not contain line breaks");
  } else if ((message === undefined || message === "") && text.includes("\n")) {
    yield required(`${at}.message`, "message must be specified if rule contains line breaks");
  }
  if (typeof messageExpression === "string" && messageExpression !== "" && messageExpression.trim() === "") {
    yield required(`${at}.messageExpression`, "messageExpression must be non-empty if specified");
  }
  if (reason !== undefined && !REASONS.includes(reason)) {
    yield notSupported(`${at}.reason`, reason, REASONS.map(String));
  }
  if (typeof fieldPath === "string" && fieldPath !== "") {
    if (fieldPath.trim() === "")
      yield invalidValue(`${at}.fieldPath`, fieldPath, "must be non-empty if specified");
    else if (fieldPath.includes("\n")) {
      yield invalidValue(`${at}.fieldPath`, fieldPath, "must not contain line breaks");
    }
  }
}
