import type { KeyToPath, Pod, Volume } from "@sandgate/contract";
import { ConfigError, podField, resourceField, type EnvironmentSources } from "../pod/environment.ts";
import type { ProjectedFile } from "./atomic-files.ts";

type ConfigMapSource = NonNullable<Volume["configMap"]>;
type SecretSource = NonNullable<Volume["secret"]>;
type DownwardSource = NonNullable<Volume["downwardAPI"]>;

const DEFAULT_MODE = 0o644;

/**
 * The files of a volume that is made of API objects, null for any other volume.
 *
 * @throws ConfigError where something that it needs is not there (yet).
 */
export async function projectedFiles(
  pod: Pod,
  volume: Volume,
  sources: EnvironmentSources,
): Promise<ProjectedFile[] | null> {
  if (volume.configMap !== undefined)
    return configMapFiles(volume.configMap, sources, volume.configMap.defaultMode);
  if (volume.secret !== undefined) return secretFiles(volume.secret, sources, volume.secret.defaultMode);
  if (volume.downwardAPI !== undefined)
    return downwardFiles(pod, volume.downwardAPI, volume.downwardAPI.defaultMode);
  if (volume.projected === undefined) return null;
  const files: ProjectedFile[] = [];
  const mode = volume.projected.defaultMode;
  for (const source of volume.projected.sources ?? []) {
    const { configMap, secret, downwardAPI } = source as {
      configMap?: ConfigMapSource;
      secret?: SecretSource & { name?: string };
      downwardAPI?: DownwardSource;
    };
    if (configMap !== undefined) files.push(...(await configMapFiles(configMap, sources, mode)));
    if (secret !== undefined)
      files.push(...(await secretFiles({ ...secret, secretName: secret.name ?? "" }, sources, mode)));
    if (downwardAPI !== undefined) files.push(...downwardFiles(pod, downwardAPI, mode));
  }
  return files;
}

async function configMapFiles(
  source: ConfigMapSource,
  sources: EnvironmentSources,
  mode?: number,
): Promise<ProjectedFile[]> {
  const { name = "" } = source;
  const map = await sources.configMap(name);
  if (map === undefined) {
    if (source.optional === true) return [];
    throw new ConfigError(`configmap "${name}" not found`);
  }
  const contents = new Map<string, Buffer>([
    ...Object.entries(map.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const),
    ...Object.entries(map.binaryData ?? {}).map(
      ([key, value]) => [key, Buffer.from(value, "base64")] as const,
    ),
  ]);
  return chosen(contents, source, mode, `configmap ${name}`);
}

async function secretFiles(
  source: SecretSource,
  sources: EnvironmentSources,
  mode?: number,
): Promise<ProjectedFile[]> {
  const { secretName: name = "" } = source;
  const secret = await sources.secret(name);
  if (secret === undefined) {
    if (source.optional === true) return [];
    throw new ConfigError(`secret "${name}" not found`);
  }
  const contents = new Map(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]),
  );
  return chosen(contents, source, mode, `secret ${name}`);
}

function downwardFiles(pod: Pod, source: DownwardSource, mode?: number): ProjectedFile[] {
  return (source.items ?? []).map((item) => {
    const { resourceFieldRef } = item as { resourceFieldRef?: Parameters<typeof resourceField>[2] };
    const [first] = pod.spec.containers;
    const value =
      item.fieldRef !== undefined
        ? podField(pod, item.fieldRef.fieldPath)
        : resourceFieldRef !== undefined && first !== undefined
          ? resourceField(pod, first, resourceFieldRef)
          : "";
    return {
      path: item.path,
      content: Buffer.from(value),
      mode: item.mode ?? mode ?? DEFAULT_MODE,
    };
  });
}

function chosen(
  contents: ReadonlyMap<string, Buffer>,
  source: { items?: KeyToPath[]; optional?: boolean },
  mode: number | undefined,
  of: string,
): ProjectedFile[] {
  if (source.items === undefined) {
    return [...contents].map(([path, content]) => ({ path, content, mode: mode ?? DEFAULT_MODE }));
  }
  return source.items.flatMap((item) => {
    const content = contents.get(item.key);
    if (content === undefined) {
      if (source.optional === true) return [];
      throw new ConfigError(`${of} has no key ${item.key}`);
    }
    return [{ path: item.path, content, mode: item.mode ?? mode ?? DEFAULT_MODE }];
  });
}
