import { dnsSubdomain } from "../registry/validation/names.ts";

const KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const VALUE = `(${KEY})?`;
const KEY_PATTERN = new RegExp(`^${KEY}$`);
const VALUE_PATTERN = new RegExp(`^${VALUE}$`);
const LONGEST = 63;
const TOO_LONG = `must be no more than ${LONGEST} bytes`;
const KEY_FORM = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${KEY}')`;
const VALUE_FORM = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${VALUE}')`;

/** All that is wrong with a label's key, which is also the form of an annotation's key and of a finalizer. */
export function labelKeyProblems(key: string): readonly string[] {
  const parts = key.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${KEY_FORM} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  const name = parts.at(-1) ?? "";
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix === "") problems.push("prefix part must be non-empty");
  else if (prefix !== undefined) {
    const problem = dnsSubdomain(prefix);
    if (problem !== undefined) problems.push(`prefix part ${problem}`);
  }
  if (name === "") problems.push("name part must be non-empty");
  else if (Buffer.byteLength(name) > LONGEST) problems.push(`name part ${TOO_LONG}`);
  if (!KEY_PATTERN.test(name)) problems.push(`name part ${KEY_FORM}`);
  return problems;
}

/** All that is wrong with a label's value. */
export function labelValueProblems(value: string): readonly string[] {
  const problems: string[] = [];
  if (Buffer.byteLength(value) > LONGEST) problems.push(TOO_LONG);
  if (!VALUE_PATTERN.test(value)) problems.push(VALUE_FORM);
  return problems;
}
