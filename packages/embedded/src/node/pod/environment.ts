import type { ConfigMap, Container, Pod, Secret } from "@sandgate/contract";
import { quantityValue } from "./quantity-value.ts";

/** Where values come from that lie outside of the pod. */
export interface EnvironmentSources {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
}

/** A reference that does not resolve; the pod waits until it does. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** The environment that the container's spec asks for, in order. */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<[string, string][]> {
  const values = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    for (const [key, value] of Object.entries(await readFrom(from, sources)))
      values.set(`${from.prefix ?? ""}${key}`, value);
  }
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined
        ? expand(variable.value ?? "", values)
        : await readValue(pod, container, variable.valueFrom, sources);
    if (value !== undefined) values.set(variable.name, value);
  }
  return [...values];
}

async function readFrom(
  from: NonNullable<Container["envFrom"]>[number],
  sources: EnvironmentSources,
): Promise<Record<string, string>> {
  if (from.configMapRef !== undefined) {
    const { name = "", optional } = from.configMapRef;
    const map = await sources.configMap(name);
    if (map === undefined && optional !== true) throw new ConfigError(`configmap "${name}" not found`);
    return map?.data ?? {};
  }
  const { name = "", optional } = from.secretRef ?? {};
  const secret = await sources.secret(name);
  if (secret === undefined && optional !== true) throw new ConfigError(`secret "${name}" not found`);
  return Object.fromEntries(
    Object.entries(secret?.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString("utf8"),
    ]),
  );
}

async function readValue(
  pod: Pod,
  container: Container,
  from: NonNullable<NonNullable<Container["env"]>[number]["valueFrom"]>,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  if (from.fieldRef !== undefined) return podField(pod, from.fieldRef.fieldPath);
  if (from.resourceFieldRef !== undefined) return resourceField(pod, container, from.resourceFieldRef);
  if (from.configMapKeyRef !== undefined) {
    const { name = "", key, optional } = from.configMapKeyRef;
    const map = await sources.configMap(name);
    return required(map?.data?.[key], map !== undefined, "configmap", name, key, optional);
  }
  const { name = "", key, optional } = from.secretKeyRef ?? { key: "" };
  const secret = await sources.secret(name);
  const value = secret?.data?.[key];
  const text = value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
  return required(text, secret !== undefined, "secret", name, key, optional);
}

function required(
  value: string | undefined,
  found: boolean,
  kind: string,
  name: string,
  key: string,
  optional: boolean | undefined,
): string | undefined {
  if (value !== undefined || optional === true) return value;
  throw new ConfigError(
    found ? `couldn't find key ${key} in ${kind} ${name}` : `${kind} "${name}" not found`,
  );
}

/** A field of the pod as the downward API names it. @throws ConfigError where it names none. */
export function podField(pod: Pod, path: string): string {
  const match = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (match !== null) return pod.metadata[match[1] as "labels" | "annotations"]?.[match[2] ?? ""] ?? "";
  switch (path) {
    case "metadata.name":
      return pod.metadata.name ?? "";
    case "metadata.namespace":
      return pod.metadata.namespace ?? "";
    case "metadata.uid":
      return pod.metadata.uid ?? "";
    case "metadata.labels":
      return printMap(pod.metadata.labels);
    case "metadata.annotations":
      return printMap(pod.metadata.annotations);
    case "spec.nodeName":
      return pod.spec.nodeName ?? "";
    case "spec.serviceAccountName":
      return pod.spec.serviceAccountName ?? "default";
    case "status.podIP":
      return pod.status?.podIP ?? "";
    case "status.podIPs":
      return (pod.status?.podIPs ?? []).map(({ ip }) => ip).join(",");
    case "status.hostIP":
      return pod.status?.hostIP ?? "";
    case "status.hostIPs":
      return (pod.status?.hostIPs ?? []).map(({ ip }) => ip).join(",");
    default:
      throw new ConfigError(`the downward API has no field ${path}`);
  }
}

function printMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

/** An amount that a container asks for, in units of the divisor. */
export function resourceField(
  pod: Pod,
  container: Container,
  reference: { containerName?: string; resource: string; divisor?: string },
): string {
  const of = pod.spec.containers.find((one) => one.name === reference.containerName) ?? container;
  const [kind = "", resource = ""] = reference.resource.split(".");
  const quantity = of.resources?.[kind as "limits" | "requests"]?.[resource];
  const divisor = quantityValue(
    reference.divisor === undefined || reference.divisor === "0" ? "1" : reference.divisor,
  );
  return quantity === undefined ? "0" : String(Math.ceil(quantityValue(String(quantity)) / divisor));
}

/** Replaces `$(NAME)` by what was defined before; `$$` is a dollar, and an unknown name stays as it is. */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (whole === "$$") return "$";
    return (name === undefined ? undefined : values.get(name)) ?? whole;
  });
}
