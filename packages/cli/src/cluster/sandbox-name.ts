import { DEFAULT_USER } from "@sandgate/contract";
import { CliError } from "../cli-error.ts";

/** How a command names a sandbox: `user/name`, or `name` for the user `default`. */
export interface SandboxName {
  user: string;
  name: string;
}

const USER = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** @throws CliError where the text is neither form. */
export function parseSandboxName(text: string): SandboxName {
  const parts = text.split("/");
  const [user, name] = parts.length === 1 ? [DEFAULT_USER, parts[0]] : parts;
  if (parts.length > 2 || user === undefined || name === undefined || !USER.test(user) || !NAME.test(name)) {
    throw new CliError(
      `"${text}" is no sandbox: write USER/NAME, as in alice/my-sandbox, or NAME for the user "${DEFAULT_USER}". ` +
        "A user is a label value (letters, digits, . _ -), a name lower-case letters, digits and -.",
      { exitCode: 2 },
    );
  }
  return { user, name };
}

export function printSandboxName({ user, name }: SandboxName): string {
  return `${user}/${name}`;
}
