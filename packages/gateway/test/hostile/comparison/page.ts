/** The page of hostile messages, made of the corpus and of what was seen. */
import { HOSTILE_REQUESTS } from "../requests/corpus.ts";
import { HOSTILE_RESPONSES } from "../responses/corpus.ts";
import type { Verdicts } from "./run.ts";

/** Name of the message and its source, as the page has them. */
export function rowBegin({ what, source }: { what: string; source: string }): string {
  return `| ${cell(what)} | ${cell(source)} |`;
}

export function hostilePage(seen: readonly Verdicts[], day: string): string {
  const sections = [
    ...tables("Requests", "request", HOSTILE_REQUESTS, seen),
    ...tables("Answers of a sandbox", "answer", HOSTILE_RESPONSES, seen),
  ];
  return `# Hostile messages

A request that the gateway reads in one way and a sandbox's server in another is how requests are smuggled. So the gateway passes on
only what there are no two ways to read, and refuses the rest instead of repairing it. These are the messages that its tests
send: each in one piece and cut at every byte, in front of a server that takes everything and keeps what it got.

For comparison the same bytes went to nginx and HAProxy as Debian has them, configured for keep-alive and WebSocket as their
manuals advise, in front of the same server. They have other duties: many servers need what they repair.

| word | means |
|---|---|
| refused 400 | answered with that status; nothing whole reached the server |
| closed, cut | the connection ended without an answer, or within one |
| no answer | the proxy waited for more until the client went |
| passed | arrived as exactly the requests that were sent, well-formed |
| **repaired** | malformed, and arrived as something well-formed: others may read the original in another way |
| **got through** | what arrived is not well-formed |
| **passed** | a malformed answer reached the client as whole |
| **passed as another request**, **as another answer** | what arrived is not what was sent |
| **next client gets another's** | bytes of one answer reached somebody who asked for something else |

Where a message is in order and only its address is nobody's, or a rule of the gateway's own refuses it (TRACE, sizes,
expectations, what may be a trailer), nginx and HAProxy pass it, as they may.

Written by \`npm run test:full\`, or \`node packages/gateway/test/hostile/comparison/main.ts\`; last on ${day} with
${seen.map(({ title }) => title).join(", ")}.

${summary(seen)}

${sections.join("\n\n")}
`;
}

function tables(
  title: string,
  kind: string,
  corpus: Readonly<Record<string, readonly { id: string; what: string; source: string }[]>>,
  seen: readonly Verdicts[],
): string[] {
  const head = `| message | source | ${seen.map((one) => one.title).join(" | ")} |\n|---|---|${"---|".repeat(seen.length)}`;
  const parts = Object.entries(corpus).map(([subject, messages]) => {
    const rows = messages.map((message) => {
      const verdicts = seen.map(({ byId }) => byId.get(`${kind} ${message.id}`) ?? "not run");
      return `${rowBegin(message)} ${verdicts.map(cell).join(" | ")} |`;
    });
    return `### ${subject}\n\n${head}\n${rows.join("\n")}`;
  });
  return [`## ${title}`, ...parts];
}

/** How many of each verdict that is in bold. */
function summary(seen: readonly Verdicts[]): string {
  const count = (verdicts: Verdicts, pattern: RegExp): number =>
    [...verdicts.byId.values()].filter((verdict) => pattern.test(verdict)).length;
  const rows = seen.map((one) =>
    [
      one.title,
      one.byId.size,
      count(one, /got through|as another|gets another|^\*\*passed/),
      count(one, /repaired/),
    ].join(" | "),
  );
  return `| | messages | got through | repaired |\n|---|--:|--:|--:|\n${rows.map((row) => `| ${row} |`).join("\n")}`;
}

/** Text within a table: no bar, and nothing that Markdown would take for its own. */
function cell(text: string): string {
  return text
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replaceAll(/(?<!\*)\*(?!\*)/g, "\\*")
    .replaceAll("_", "\\_")
    .replaceAll("`", "\\`");
}
