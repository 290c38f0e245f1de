import { isJsonObject } from "../../patch/json-value.ts";
import { forbidden, invalidValue, required } from "../field-errors.ts";
import { elementsOf, type Errors, fieldsOf, textOf } from "./checks.ts";
import { labelValue, qualifiedName } from "./names.ts";

/** Labels by key and value, as a selector or a node selector has them. */
export function* checkLabels(path: string, labels: unknown): Errors {
  for (const [key, value] of Object.entries(fieldsOf(labels))) {
    const keyProblem = qualifiedName(key);
    if (keyProblem !== undefined) yield invalidValue(path, key, keyProblem);
    const problem = typeof value === "string" ? labelValue(value) : undefined;
    if (problem !== undefined) yield invalidValue(path, value, problem);
  }
}

/** metav1.LabelSelector. */
export function* checkLabelSelector(path: string, selector: unknown): Errors {
  if (!isJsonObject(selector)) return;
  yield* checkLabels(`${path}.matchLabels`, selector["matchLabels"]);
  for (const [requirement, at] of elementsOf(selector["matchExpressions"], `${path}.matchExpressions`)) {
    const values = Array.isArray(requirement["values"]) ? requirement["values"] : [];
    const operator = textOf(requirement["operator"]);
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        yield required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0) {
        yield forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else yield invalidValue(`${at}.operator`, operator, "not a valid selector operator");
    const problem = qualifiedName(textOf(requirement["key"]));
    if (problem !== undefined) yield invalidValue(`${at}.key`, requirement["key"], problem);
  }
}
