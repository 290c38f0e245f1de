import { ApiError } from "../server/api-error.ts";

export interface FieldRequirement {
  readonly path: string;
  readonly equal: boolean;
  readonly value: string;
}

/**
 * Parses `metadata.name=x,status.phase!=Running`; a backslash escapes `,`, `=` and itself in a value.
 *
 * @throws ApiError 400 for other text.
 */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === "") continue;
    const match = /^([^=!]+?)(!=|==|=)(.*)$/s.exec(term);
    if (match === null) {
      throw new ApiError("BadRequest", `invalid selector: '${text}'; can't understand '${term}'`);
    }
    const [, path = "", operator, value = ""] = match;
    requirements.push({ path: path.trim(), equal: operator !== "!=", value: unescape(value) });
  }
  return requirements;
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let term = "";
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? "";
    if (character === "\\") term += character + (text[++index] ?? "");
    else if (character === ",") {
      terms.push(term);
      term = "";
    } else term += character;
  }
  terms.push(term);
  return terms;
}

function unescape(value: string): string {
  return value.replaceAll(/\\(.)/gs, "$1");
}
