import { CONFIG_MAPS } from "@sandgate/kube";
import { ConfigError, GATEWAY_KEYS, loadConfig, type Pod } from "@sandgate/contract";
import { parse } from "yaml";
import { SETTING_KEYS, type GatewaySettings } from "../facts.ts";
import type { Reading } from "./reading.ts";

/** Where the gateway's container has its configuration from. */
export interface ConfigSource {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** The ConfigMap that is mounted where `SANDGATE_CONFIG` points, and the key of the file in it. */
  file: { configMap: string; key: string } | null;
}

/** What the pod says of its configuration. */
export function configSourceOf({ spec }: Pod): ConfigSource {
  const [container] = spec.containers;
  const env = Object.fromEntries(
    (container?.env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
  const path = env["SANDGATE_CONFIG"] ?? "";
  const mount = container?.volumeMounts?.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const configMap = spec.volumes?.find(({ name }) => name === mount?.name)?.configMap?.name;
  return {
    args: container?.args ?? [],
    env,
    file:
      mount === undefined || configMap === undefined
        ? null
        : { configMap, key: path.slice(mount.mountPath.length + 1) },
  };
}

/**
 * How the gateway in the cluster is set, so that the doctor sees addresses as it does; empty where that may not be read, which
 * is noted, or where it is no configuration: the gateway itself would not start with it.
 */
export async function readGatewaySettings(
  reading: Reading,
  namespace: string,
  { args, env, file }: ConfigSource,
): Promise<Partial<GatewaySettings>> {
  const text = file === null ? undefined : await readFile(reading, namespace, file);
  try {
    const { values, origins } = loadConfig(GATEWAY_KEYS, {
      flags: flagsOf(args),
      env,
      file: text === undefined ? undefined : (parse(text) as unknown),
    });
    return Object.fromEntries(
      SETTING_KEYS.flatMap((key) => (origins[key] === "default" ? [] : [[key, values[key]]])),
    );
  } catch (error) {
    if (error instanceof ConfigError || (error as Error).name === "YAMLParseError") return {};
    throw error;
  }
}

async function readFile(
  reading: Reading,
  namespace: string,
  { configMap, key }: NonNullable<ConfigSource["file"]>,
): Promise<string | undefined> {
  const found = await reading.attempt("configmaps", "get", () =>
    reading.client.get(CONFIG_MAPS, { namespace, name: configMap }, { signal: reading.signal }),
  );
  return found?.data?.[key];
}

/** `--user-label x` and `--user-label=x`, by the key that the flag sets. */
function flagsOf(args: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(
    SETTING_KEYS.flatMap((key) => {
      const [flag = ""] = GATEWAY_KEYS[key].flag.split(" ");
      const joined = args.find((arg) => arg.startsWith(`${flag}=`));
      const at = args.indexOf(flag);
      const value = joined?.slice(flag.length + 1) ?? (at === -1 ? undefined : args[at + 1]);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
