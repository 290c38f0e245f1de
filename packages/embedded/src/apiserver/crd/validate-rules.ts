import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { invalidValue, notSupported, required } from "../registry/field-errors.ts";
import type { FieldError } from "../registry/resource-definition.ts";

const REASONS: readonly unknown[] = [
  "FieldValueDuplicate",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueRequired",
];

/** Checks how CEL rules are declared. One that this server cannot read is no error but a warning: it may be good elsewhere. */
export function validateRules(errors: FieldError[], schema: JsonObject, at: string): void {
  const rules = schema["x-kubernetes-validations"];
  if (!Array.isArray(rules)) return;
  for (const [index, rule] of rules.entries()) {
    const path = `${at}.x-kubernetes-validations[${index}]`;
    if (isJsonObject(rule)) validateRule(errors, rule, path);
    else errors.push(invalidValue(path, rule, "must be an object"));
  }
}

function validateRule(errors: FieldError[], rule: JsonObject, at: string): void {
  const { message, messageExpression, reason, fieldPath } = rule;
  const text = typeof rule["rule"] === "string" ? rule["rule"].trim() : "";
  if (text === "") {
    errors.push(required(`${at}.rule`, "rule is not specified"));
    return;
  }
  if (typeof message === "string" && message.trim() === "" && message !== "") {
    errors.push(invalidValue(`${at}.message`, message, "must be non-empty if specified"));
  } else if (typeof message === "string" && message.trim().includes("\n")) {
    errors.push(invalidValue(`${at}.message`, message, "must not contain line breaks"));
  } else if ((message === undefined || message === "") && text.includes("\n")) {
    errors.push(required(`${at}.message`, "message must be specified if rule contains line breaks"));
  }
  if (typeof messageExpression === "string" && messageExpression !== "" && messageExpression.trim() === "") {
    errors.push(required(`${at}.messageExpression`, "messageExpression must be non-empty if specified"));
  }
  if (reason !== undefined && !REASONS.includes(reason)) {
    errors.push(notSupported(`${at}.reason`, reason, REASONS.map(String)));
  }
  if (typeof fieldPath === "string" && fieldPath !== "") {
    if (fieldPath.trim() === "")
      errors.push(invalidValue(`${at}.fieldPath`, fieldPath, "must be non-empty if specified"));
    else if (fieldPath.includes("\n")) {
      errors.push(invalidValue(`${at}.fieldPath`, fieldPath, "must not contain line breaks"));
    }
  }
}
