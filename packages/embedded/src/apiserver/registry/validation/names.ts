// The forms of names that Kubernetes knows, each with the sentence that it answers to other text.

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const DNS_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const CONFIG_KEY = "[-._a-zA-Z0-9]+";
const HEADER = "[-A-Za-z0-9]+";
const QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

/** What is wrong with a text; undefined if nothing is. */
export type NameRule = (text: string) => string | undefined;

function rule(pattern: string, most: number, message: string, ...examples: readonly string[]): NameRule {
  const whole = new RegExp(`^${pattern}$`);
  const shown = examples.map((example) => `'${example}'`).join(",  or ");
  return (text) => {
    if (text.length > most) return `must be no more than ${most} characters`;
    if (whole.test(text)) return undefined;
    return `${message} (e.g. ${shown}, regex used for validation is '${pattern}')`;
  };
}

const labelForm = rule(
  LABEL,
  63,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  "my-name",
  "123-abc",
);

/** One part of a domain name, up to 63 characters. */
export function dnsLabel(text: string): string | undefined {
  const problem = labelForm(text);
  return problem !== undefined && text.length <= 63 && dnsSubdomain(text) === undefined
    ? "must not contain dots"
    : problem;
}

/** A domain name, up to 253 characters: the name of most objects. */
export const dnsSubdomain = rule(
  SUBDOMAIN,
  253,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  "example.com",
);

/** As `dnsLabel`, but beginning with a letter: the name of a Service. */
export const dns1035Label = rule(
  DNS_1035,
  63,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  "my-name",
  "abc-123",
);

export const httpHeaderName = rule(
  HEADER,
  Number.MAX_SAFE_INTEGER,
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  "X-Header-Name",
);

const labelValueForm = rule(
  LABEL_VALUE,
  63,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "MyValue",
  "my_value",
  "12345",
);

export function labelValue(text: string): string | undefined {
  return labelValueForm(text);
}

const configKeyForm = rule(
  CONFIG_KEY,
  253,
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  "key.name",
  "KEY_NAME",
  "key-name",
);

/** A key of a ConfigMap or a Secret, which becomes the name of a file. */
export function configKey(text: string): string | undefined {
  const problem = configKeyForm(text);
  if (problem !== undefined) return problem;
  if (text === ".") return "must not be '.'";
  if (text === "..") return "must not be '..'";
  return text.startsWith("..") ? "must not start with '..'" : undefined;
}

const qualifiedPart = rule(
  QUALIFIED,
  63,
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "MyName",
  "my.name",
  "123-abc",
);

/** A name with an optional domain before a slash, as labels and resources have it. */
export function qualifiedName(text: string): string | undefined {
  const parts = text.split("/");
  if (parts.length > 2) {
    return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
  }
  const name = parts.at(-1) ?? "";
  const [prefix] = parts.length === 2 ? parts : [];
  if (prefix === "") return "prefix part must be non-empty";
  const prefixProblem = prefix === undefined ? undefined : dnsSubdomain(prefix);
  if (prefixProblem !== undefined) return `prefix part ${prefixProblem}`;
  if (name === "") return "name part must be non-empty";
  const problem = qualifiedPart(name);
  return problem === undefined ? undefined : `name part ${problem}`;
}

/** Name of an environment variable: any printable ASCII but `=`. */
export function envName(text: string): string | undefined {
  return /^[ -<>-~]+$/.test(text)
    ? undefined
    : "a valid environment variable name must consist only of printable ASCII characters other than '='";
}

/** Name of a port, as other fields refer to it. All of what is wrong. */
export function portNameProblems(text: string): readonly string[] {
  const problems: string[] = [];
  if (text.length > 15) problems.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(text)) {
    problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(text)) problems.push("must contain at least one letter (a-z)");
  if (text.includes("--")) problems.push("must not contain consecutive hyphens");
  if (text.startsWith("-") || text.endsWith("-")) problems.push("must not begin or end with a hyphen");
  return problems;
}
