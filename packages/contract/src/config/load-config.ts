import type { ConfigKey } from "./gateway-keys.ts";
import * as z from "zod";

/** Where a value came from, for `explain` and for messages. */
export type Origin = "flag" | "environment" | "file" | "default";

export type Loaded<Keys extends Record<string, ConfigKey>> = {
  readonly values: { [K in keyof Keys]: z.output<Keys[K]["schema"]> };
  readonly origins: { readonly [K in keyof Keys]: Origin };
};

/** Everything that is wrong with a configuration, all at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

export interface ConfigSources {
  /** By key, as the command line has them; undefined where a flag is not given. */
  flags?: Readonly<Record<string, unknown>>;
  env?: Readonly<Record<string, string | undefined>>;
  /** The parsed file. */
  file?: unknown;
  /** Name of the file, for messages. */
  fileName?: string;
}

/**
 * The values of all keys: a flag over the environment over the file over the default.
 *
 * @throws ConfigError with every unknown key of the file and every value that does not fit.
 */
export function loadConfig<Keys extends Record<string, ConfigKey>>(
  keys: Keys,
  sources: ConfigSources,
): Loaded<Keys> {
  const problems: string[] = [];
  const fileName = sources.fileName ?? "the file";
  const file = readFile(sources.file, fileName, problems);
  for (const name of Object.keys(file)) {
    if (!Object.hasOwn(keys, name)) problems.push(`${fileName}: unknown key ${JSON.stringify(name)}`);
  }
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const [name, key] of Object.entries(keys)) {
    const { raw, origin, label } = choose(name, key, sources, file, fileName);
    const parsed = key.schema.safeParse(raw);
    origins[name] = origin;
    if (parsed.success) values[name] = parsed.data;
    else {
      const shown = key.secret === true ? "its value" : JSON.stringify(raw);
      problems.push(`${label}: ${shown} ${parsed.error.issues.map((issue) => issue.message).join(", ")}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { values, origins } as Loaded<Keys>;
}

function readFile(file: unknown, fileName: string, problems: string[]): Record<string, unknown> {
  if (file === undefined || file === null) return {};
  if (typeof file === "object" && !Array.isArray(file)) return file as Record<string, unknown>;
  problems.push(`${fileName}: holds no object`);
  return {};
}

function choose(
  name: string,
  key: ConfigKey,
  sources: ConfigSources,
  file: Readonly<Record<string, unknown>>,
  fileName: string,
): { raw: unknown; origin: Origin; label: string } {
  const flag = sources.flags?.[name];
  if (flag !== undefined) return { raw: flag, origin: "flag", label: key.flag.split(" ", 1)[0] ?? name };
  for (const variable of key.env) {
    const value = sources.env?.[variable];
    if (value !== undefined && value !== "") return { raw: value, origin: "environment", label: variable };
  }
  if (Object.hasOwn(file, name)) return { raw: file[name], origin: "file", label: `${fileName}: ${name}` };
  return { raw: undefined, origin: "default", label: name };
}
