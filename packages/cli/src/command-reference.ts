import { PassThrough } from "node:stream";
import { createProgram } from "./program.ts";

/** Every command with its arguments and flags, as a page. */
export function commandReference(): string {
  const silent = new PassThrough();
  const program = createProgram(
    { env: {}, stdin: silent, stdout: silent, stderr: silent, signal: new AbortController().signal },
    () => {},
  );
  const parts = [
    "# Commands",
    "",
    "Made from `sandgate --help`. Exit codes: 0 well, 1 failed, 2 asked wrongly, 130 interrupted; `exec` ends with its command's own.",
    "",
  ];
  for (const command of program.commands) {
    const help = command.createHelp();
    parts.push(
      `## sandgate ${command.name()} ${command.usage()}`.trimEnd(),
      "",
      `${help.commandDescription(command)}.`,
      "",
    );
    const aliases = command.aliases();
    if (aliases.length > 0)
      parts.push(`Also: ${aliases.map((alias) => `\`sandgate ${alias}\``).join(", ")}.`, "");
    const rows = [
      ...help.visibleArguments(command).map((one) => [help.argumentTerm(one), help.argumentDescription(one)]),
      ...help.visibleOptions(command).map((one) => [help.optionTerm(one), help.optionDescription(one)]),
    ];
    parts.push(
      "| | |",
      "|---|---|",
      ...rows.map(
        ([term = "", text = ""]) => `| \`${term.replaceAll("|", "\\|")}\` | ${text.replaceAll("|", "\\|")} |`,
      ),
      "",
    );
  }
  return parts.join("\n");
}
