/** Words of the language that a field can be called by none the less. */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);
const ESCAPES: readonly (readonly [text: string, escaped: string])[] = [
  ["__", "__underscores__"],
  [".", "__dot__"],
  ["-", "__dash__"],
  ["/", "__slash__"],
];
const ESCAPED = /__(underscores|dot|dash|slash)__/g;
const TEXTS: Readonly<Record<string, string>> = { underscores: "__", dot: ".", dash: "-", slash: "/" };

/** The name by which a rule refers to a field: `foo.bar` is `foo__dot__bar`. */
export function escapeName(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  if (!/__|[./-]/.test(name)) return name;
  return name.replaceAll(/__|[./-]/g, (text) => ESCAPES.find(([each]) => each === text)?.[1] ?? text);
}

/** The field that a rule refers to by an escaped name. */
export function unescapeName(escaped: string): string {
  if (!escaped.includes("__")) return escaped;
  const word = /^__([a-z]+)__$/.exec(escaped)?.[1];
  if (word !== undefined && RESERVED.has(word)) return word;
  return escaped.replaceAll(ESCAPED, (text, name: string) => TEXTS[name] ?? text);
}
