import { CliError } from "../cli-error.ts";
import { parseSandboxName, type SandboxName } from "../cluster/sandbox-name.ts";

/** One address to look into. */
export interface AskedAddress extends SandboxName {
  /** Absent: the sandbox's own choice. */
  port: number | undefined;
}

/** @throws CliError where the text is no address: `user/name`, `name`, either with `:port`, or as in a URL's path. */
export function parseAskedAddress(text: string): AskedAddress {
  const [, name = "", digits] = /^\/?(.*?)(?::([^:/]*))?\/?$/s.exec(text) ?? [];
  const parsed = parseSandboxName(name);
  if (digits === undefined) return { ...parsed, port: undefined };
  const port = /^[1-9]\d{0,4}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65_535) {
    throw new CliError(
      `"${digits}" is no port: write a number from 1 to 65535, as in alice/my-sandbox:8000.`,
      {
        exitCode: 2,
      },
    );
  }
  return { ...parsed, port };
}

export function printAskedAddress({ user, name, port }: AskedAddress): string {
  return `${user}/${name}${port === undefined ? "" : `:${port}`}`;
}
