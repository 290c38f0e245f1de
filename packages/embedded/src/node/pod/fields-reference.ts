import type { FieldTable } from "./field-table.ts";
import { SPEC_FIELDS } from "./supported-fields.ts";

/** What the documentation says of a pod's fields, as Markdown: what is refused, and what is accepted without effect. */
export function podFieldsReference(): string {
  const refused = listRefused(SPEC_FIELDS, "").map(
    ({ field, values, reason }) => `| \`${field}\` | ${values} | ${reason} |`,
  );
  const fieldsOf = new Map<string, Set<string>>();
  for (const { field, idle } of listIdle(SPEC_FIELDS, ""))
    fieldsOf.set(idle, (fieldsOf.get(idle) ?? new Set()).add(`\`${field}\``));
  const accepted = [...fieldsOf].map(([idle, fields]) => `| ${[...fields].join(", ")} | ${idle} |`);
  return `| in \`spec\` | refused | why |
|---|---|---|
${[...new Set(refused)].join("\n")}

Accepted, because they change nothing here:

| in \`spec\` | why |
|---|---|
${accepted.join("\n")}
`;
}

function listRefused(table: FieldTable, path: string): { field: string; values: string; reason: string }[] {
  const own = Object.entries(table.rows).flatMap(([name, { refuse, members, each }]) => {
    const field = pathOf(path, name);
    return [
      ...(refuse === undefined ? [] : [{ field, values: refuse.values, reason: refuse.reason }]),
      ...(members === undefined ? [] : listRefused(members, field)),
      ...(each === undefined ? [] : listRefused(each, `${field}[]`)),
    ];
  });
  // What is true of every object is said once, in the text around.
  if (table.otherwise === SPEC_FIELDS.otherwise) return own;
  return [...own, { field: pathOf(path, "*"), values: "any other", reason: table.otherwise }];
}

function listIdle(table: FieldTable, path: string): { field: string; idle: string }[] {
  return Object.entries(table.rows).flatMap(([name, { idle, members, each }]) => {
    const field = pathOf(path, name);
    return [
      ...(idle === undefined ? [] : [{ field, idle }]),
      ...(members === undefined ? [] : listIdle(members, field)),
      ...(each === undefined ? [] : listIdle(each, `${field}[]`)),
    ];
  });
}

/** Fields that have the same rows are one in the documentation: the containers of both kinds, the probes, the hooks. */
function pathOf(path: string, name: string): string {
  if (name === "initContainers" || name === "containers") return "containers";
  if (/^(?:liveness|readiness|startup)Probe$/.test(name)) return `${path}.*Probe`;
  if (path.endsWith(".lifecycle") || path.endsWith(".resources")) return `${path}.*`;
  return path === "" ? name : `${path}.${name}`;
}
