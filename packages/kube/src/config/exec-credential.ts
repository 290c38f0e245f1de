import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { isAbsolute, join } from "node:path";
import type { ClusterAccess } from "./cluster-access.ts";
import { KubeconfigError } from "./load-kubeconfig.ts";

/** The `exec` part of a kubeconfig's user: a program that prints credentials. */
export interface ExecConfig {
  apiVersion?: string;
  command?: string;
  args?: string[];
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  interactiveMode?: string;
}

interface ExecStatus {
  token?: string;
  clientCertificateData?: string;
  clientKeyData?: string;
  expirationTimestamp?: string;
}

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
const TIMEOUT_MS = 60_000;
/** A token is asked for anew this long before it ends. */
const EARLY_MS = 30_000;

/**
 * Credentials by an exec plugin. Certificates are taken once, a token is asked for again when it ends.
 *
 * @throws KubeconfigError where the plugin is missing, fails, or prints something else; with its install hint.
 */
export async function execCredential(
  config: ExecConfig,
  folder: string,
): Promise<Pick<ClusterAccess, "certificatePem" | "keyPem" | "token">> {
  if (config.apiVersion === undefined || !VERSIONS.includes(config.apiVersion)) {
    throw new KubeconfigError(
      `exec plugin: apiVersion ${config.apiVersion} is none of ${VERSIONS.join(", ")}.`,
    );
  }
  let status = await runPlugin(config, folder);
  const { clientCertificateData, clientKeyData } = status;
  const certificate =
    clientCertificateData === undefined || clientKeyData === undefined
      ? {}
      : { certificatePem: clientCertificateData, keyPem: clientKeyData };
  if (status.token === undefined) return certificate;
  let running: Promise<ExecStatus> | null = null;
  return {
    ...certificate,
    token: async () => {
      const ends = Date.parse(status.expirationTimestamp ?? "");
      if (!Number.isNaN(ends) && ends - EARLY_MS < Date.now()) {
        // Requests at the same time share one run.
        running ??= runPlugin(config, folder).finally(() => {
          running = null;
        });
        status = await running;
      }
      return status.token ?? "";
    },
  };
}

async function runPlugin(config: ExecConfig, folder: string): Promise<ExecStatus> {
  const { command = "", args = [], apiVersion } = config;
  // A relative path with a slash is relative to the kubeconfig; a bare name is looked up in PATH.
  const program = command.includes("/") && !isAbsolute(command) ? join(folder, command) : command;
  const info = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: TIMEOUT_MS,
    env: {
      ...process.env,
      ...Object.fromEntries((config.env ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
    },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const hint = config.installHint === undefined ? "" : ` ${config.installHint.trim()}`;
      reject(
        new KubeconfigError(`exec plugin ${command} cannot be started: ${error.message}.${hint}`, {
          cause: error,
        }),
      );
    });
    child.once("close", resolve);
  });
  const [output, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0)
    throw new KubeconfigError(
      `exec plugin ${command} ended with ${code ?? "a signal"} (its output is above).`,
    );
  return parseCredential(output, command);
}

function parseCredential(output: string, command: string): ExecStatus {
  let value: { kind?: string; status?: ExecStatus } | null;
  try {
    value = JSON.parse(output) as typeof value;
  } catch (error) {
    // The output is not repeated: it may hold a secret.
    throw new KubeconfigError(`exec plugin ${command} printed no JSON.`, { cause: error });
  }
  const status = value?.status;
  if (value?.kind !== "ExecCredential" || status === undefined) {
    throw new KubeconfigError(`exec plugin ${command} printed no ExecCredential with a status.`);
  }
  return status;
}
