import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import type { ClusterAccess } from "./cluster-access.ts";
import { execCredential, type ExecConfig } from "./exec-credential.ts";

/** A kubeconfig that can't be used; the message says where and what to do. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
}

export interface LoadKubeconfigOptions {
  /** One file. Absent: the files of `KUBECONFIG`, else `~/.kube/config`. */
  path?: string;
  /** Absent: the file's current context. */
  context?: string;
  env: NodeJS.ProcessEnv;
}

interface Named<T> {
  name: string;
  folder: string;
  value: T;
}

interface Cluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
  "proxy-url"?: string;
}

interface User {
  token?: string;
  tokenFile?: string;
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  username?: string;
  password?: string;
  exec?: ExecConfig;
  "auth-provider"?: { name?: string };
}

interface Context {
  cluster?: string;
  user?: string;
  namespace?: string;
}

interface Merged {
  clusters: Named<Cluster>[];
  users: Named<User>[];
  contexts: Named<Context>[];
  current: string | undefined;
}

/**
 * How to reach the cluster of a kubeconfig's context. Several files in `KUBECONFIG` are merged as kubectl does: the first
 * to define a name wins.
 *
 * @throws KubeconfigError where a file, context, cluster or user is missing or says something unusable.
 */
export async function loadKubeconfig(options: LoadKubeconfigOptions): Promise<ClusterAccess> {
  const paths = pathsOf(options);
  const merged = await readAll(paths, options.path !== undefined);
  const origin = paths.join(", ");
  const name = options.context ?? merged.current;
  if (name === undefined || name === "") {
    throw new KubeconfigError(
      `${origin} names no current context; choose one with --context. ${known(merged.contexts)}`,
    );
  }
  const context = find(merged.contexts, name, "context", origin);
  const cluster = find(merged.clusters, context.value.cluster ?? "", `cluster of context "${name}"`, origin);
  const user = find(merged.users, context.value.user ?? "", `user of context "${name}"`, origin);
  return accessOf(cluster, user, context.value.namespace);
}

function pathsOf({ path, env }: LoadKubeconfigOptions): string[] {
  if (path !== undefined) return [path];
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((one) => one !== "");
  return listed.length > 0 ? listed : [join(env["HOME"] ?? homedir(), ".kube", "config")];
}

async function readAll(paths: readonly string[], mustExist: boolean): Promise<Merged> {
  const merged: Merged = { clusters: [], users: [], contexts: [], current: undefined };
  let read = 0;
  for (const path of paths) {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      // As kubectl: of several files some may be missing, of one none.
      if ((error as NodeJS.ErrnoException).code === "ENOENT" && !mustExist && paths.length > 1) continue;
      throw new KubeconfigError(`The kubeconfig ${path} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
    addFile(merged, parseFile(text, path), dirname(path), path);
    read++;
  }
  if (read === 0) throw new KubeconfigError(`None of the kubeconfigs ${paths.join(", ")} exists.`);
  return merged;
}

function parseFile(text: string, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new KubeconfigError(`The kubeconfig ${path} is not YAML: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new KubeconfigError(
      `The kubeconfig ${path} holds no object; it should have clusters, users and contexts.`,
    );
  }
  return value as Record<string, unknown>;
}

function addFile(merged: Merged, file: Record<string, unknown>, folder: string, path: string): void {
  add(merged.clusters, file["clusters"], "cluster", folder, path);
  add(merged.users, file["users"], "user", folder, path);
  add(merged.contexts, file["contexts"], "context", folder, path);
  const current = file["current-context"];
  if (merged.current === undefined && typeof current === "string" && current !== "") merged.current = current;
}

function add<T>(into: Named<T>[], list: unknown, member: string, folder: string, path: string): void {
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) throw new KubeconfigError(`The kubeconfig ${path}: ${member}s is no list.`);
  for (const entry of list as Record<string, unknown>[]) {
    const name = entry?.["name"];
    if (typeof name !== "string" || into.some((one) => one.name === name)) continue;
    into.push({ name, folder, value: (entry[member] ?? {}) as T });
  }
}

function find<T>(list: readonly Named<T>[], name: string, what: string, origin: string): Named<T> {
  const found = list.find((one) => one.name === name);
  if (found === undefined) throw new KubeconfigError(`${origin} has no ${what} "${name}". ${known(list)}`);
  return found;
}

function known(list: readonly Named<unknown>[]): string {
  return list.length === 0 ? "It names none." : `There are: ${list.map((one) => one.name).join(", ")}.`;
}

async function accessOf(
  cluster: Named<Cluster>,
  user: Named<User>,
  namespace?: string,
): Promise<ClusterAccess> {
  const { value } = cluster;
  if (value.server === undefined || !/^https?:\/\//.test(value.server)) {
    throw new KubeconfigError(
      `Cluster "${cluster.name}" of the kubeconfig has no server with http:// or https://.`,
    );
  }
  if (value["proxy-url"] !== undefined) {
    throw new KubeconfigError(
      `Cluster "${cluster.name}" of the kubeconfig has a proxy-url, which Sandgate does not support. ` +
        "Reach the API server directly, or by kubectl proxy.",
    );
  }
  const caPem = await pem(cluster, "certificate-authority", "certificate-authority-data");
  return {
    server: value.server,
    ...(caPem === undefined ? {} : { caPem }),
    ...(value["insecure-skip-tls-verify"] === true ? { insecureSkipTlsVerify: true } : {}),
    ...(value["tls-server-name"] === undefined ? {} : { tlsServerName: value["tls-server-name"] }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(await credentialsOf(user)),
  };
}

async function credentialsOf(
  user: Named<User>,
): Promise<Pick<ClusterAccess, "certificatePem" | "keyPem" | "token">> {
  const { value } = user;
  if (value["auth-provider"] !== undefined) {
    throw new KubeconfigError(
      `User "${user.name}" of the kubeconfig uses the auth-provider "${value["auth-provider"].name ?? ""}", which ` +
        "Kubernetes removed in 1.26. Use an exec plugin or a token.",
    );
  }
  if (value.username !== undefined) {
    throw new KubeconfigError(
      `User "${user.name}" of the kubeconfig has a username and password, which Kubernetes removed in 1.19. Use a token or a certificate.`,
    );
  }
  const certificatePem = await pem(user, "client-certificate", "client-certificate-data");
  const keyPem = await pem(user, "client-key", "client-key-data");
  if ((certificatePem === undefined) !== (keyPem === undefined)) {
    throw new KubeconfigError(
      `User "${user.name}" of the kubeconfig has a certificate or a key, but not both.`,
    );
  }
  const certificate = certificatePem === undefined || keyPem === undefined ? {} : { certificatePem, keyPem };
  if (value.exec !== undefined) return { ...certificate, ...(await execCredential(value.exec, user.folder)) };
  if (value.tokenFile !== undefined)
    return { ...certificate, token: tokenFile(absolute(value.tokenFile, user.folder)) };
  return { ...certificate, ...(value.token === undefined ? {} : { token: value.token }) };
}

/** Kubernetes rotates projected tokens in place, so the file is read again after a minute. */
export function tokenFile(path: string): () => Promise<string> {
  let token = "";
  let readAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (Date.now() - readAtMs > 60_000) {
      token = (await readFile(path, "utf8")).trim();
      readAtMs = Date.now();
    }
    return token;
  };
}

async function pem<T extends object>(
  entry: Named<T>,
  fileKey: keyof T,
  dataKey: keyof T,
): Promise<string | undefined> {
  const data = entry.value[dataKey] as string | undefined;
  if (data !== undefined && data !== "") return Buffer.from(data, "base64").toString("utf8");
  const path = entry.value[fileKey] as string | undefined;
  if (path === undefined || path === "") return undefined;
  try {
    return await readFile(absolute(path, entry.folder), "utf8");
  } catch (error) {
    throw new KubeconfigError(
      `"${entry.name}" of the kubeconfig names a file that cannot be read: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Paths of a kubeconfig are relative to its own folder. */
function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
