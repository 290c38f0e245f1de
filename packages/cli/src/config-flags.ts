import { readFile } from "node:fs/promises";
import { GATEWAY_KEYS, loadConfig, type GatewayConfig, type Loaded } from "@sandgate/contract";
import { Option, type Command } from "commander";
import { CliError } from "./cli-error.ts";

/** Adds a flag for every key of the gateway's configuration, and `--config`. */
export function addConfigFlags(command: Command): Command {
  for (const { flag, env, doc } of Object.values(GATEWAY_KEYS)) {
    command.addOption(new Option(flag, `${doc} [${env.join(", ")}]`));
  }
  return command.option("--config <file>", "YAML file with any of these keys [SANDGATE_CONFIG]");
}

/** Adds flags for what tells the gateway which sandboxes are whose, for a command that looks at them as it does. */
export function addSettingsFlags(command: Command): Command {
  const { userLabel, userNamespaces, watchNamespace, sandboxPort } = GATEWAY_KEYS;
  for (const { flag, env, doc } of [userLabel, userNamespaces, watchNamespace, sandboxPort]) {
    command.addOption(new Option(flag, `As the gateway has it. ${doc} [${env.join(", ")}]`));
  }
  return command.option("--config <file>", "the gateway's configuration file [SANDGATE_CONFIG]");
}

/**
 * The gateway's configuration from flags, environment and file.
 *
 * @throws CliError for an unreadable file, ConfigError with every other problem at once.
 */
export async function readGatewayConfig(
  options: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
): Promise<GatewayConfig> {
  return (await loadGatewayConfig(options, env)).values;
}

/** The same, with where each value came from. */
export async function loadGatewayConfig(
  options: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
): Promise<Loaded<typeof GATEWAY_KEYS>> {
  const fileName = (options["config"] as string | undefined) ?? env["SANDGATE_CONFIG"];
  const file = fileName === undefined || fileName === "" ? undefined : await readConfigFile(fileName);
  return loadConfig(GATEWAY_KEYS, {
    flags: options,
    env,
    file,
    ...(fileName === undefined ? {} : { fileName }),
  });
}

async function readConfigFile(path: string): Promise<unknown> {
  const { parse } = await import("yaml");
  try {
    return parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new CliError(`The configuration file ${path} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
