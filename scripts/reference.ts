/**
 * The reference pages that are made from tables: `node scripts/with-node.mjs scripts/reference.ts` writes them, and a test
 * fails where a page says something else than its table.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ERROR_CATALOGUE, GATEWAY_KEYS } from "@sandgate/contract";
import { commandReference } from "../packages/cli/src/command-reference.ts";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs", "reference");

/** Every generated page by file name. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    "errors.md": errorsPage(),
    "configuration.md": configurationPage(),
    "commands.md": commandReference(),
  };
}

function errorsPage(): string {
  const rows = Object.entries(ERROR_CATALOGUE).map(
    ([code, { status, retryable, title, remedy }]) =>
      `| \`${code}\` | ${status} | ${retryable ? "yes" : "no"} | ${title}. ${remedy} |`,
  );
  return `# Errors

What the gateway answers itself is \`application/problem+json\` (a small page for a browser) with the code also in the header
\`Sandgate-Error\`. Match on the code. An answer without that header is the sandbox's own, passed on as it came.

| code | status | worth retrying | what it means, and what to do |
|---|--:|---|---|
${rows.join("\n")}

\`\`\`json
{"type":"urn:sandgate:error:SANDBOX_NOT_FOUND","title":"No such sandbox","status":404,"detail":"There is no sandbox alice/box.","code":"SANDBOX_NOT_FOUND","retryable":false,"remedy":"GET /sandboxes lists those you can reach."}
\`\`\`
`;
}

function configurationPage(): string {
  const rows = Object.entries(GATEWAY_KEYS).map(([key, { flag, env, doc, schema }]) => {
    const initial = schema.safeParse(undefined);
    const value = initial.success && initial.data !== undefined ? `\`${JSON.stringify(initial.data)}\`` : "–";
    return `| \`${key}\` | \`${flag}\` | ${env.map((name) => `\`${name}\``).join(", ")} | ${value} | ${doc} |`;
  });
  return `# Configuration of the gateway

\`sandgate gateway\` and \`sandgate up\` take the same keys: as a flag, over the environment, over a file (\`--config FILE\` or
\`SANDGATE_CONFIG\`, YAML), over the default. An unknown key or a wrong value ends the start, and every problem is told at once.

| key | flag | environment | default | meaning |
|---|---|---|---|---|
${rows.join("\n")}

Also read: \`SANDGATE_LOG_LEVEL\` (\`debug\`, \`info\`, \`warn\`, \`error\`), \`SANDGATE_DATA_DIR\`, \`SANDGATE_KUBECONFIG\`.

## API keys

\`\`\`yaml
# sha256 is that of the key: printf %s "$KEY" | sha256sum
- id: alice-laptop
  sha256: 2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90
  user: alice
  roles: []
- id: operator
  sha256: 81b637d8fcd2c6da6359e6963113a1170de795e4b725b84d1e0b4cfd9ec58ce9
  user: ops
  roles: [admin]
\`\`\`

A key is sent as \`Authorization: Bearer KEY\`, as the password of Basic, or as \`Sandgate-Key: KEY\`, which leaves \`Authorization\`
to the sandbox. A caller reaches the sandboxes of its user; the role \`admin\` reaches all.
`;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(referencePages())) writeFileSync(join(folder, name), text);
}

/** What stands in a page's file now. */
export function writtenPage(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}
