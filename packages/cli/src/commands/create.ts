import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { KubeObject, Sandbox, Stored } from "@sandgate/contract";
import { isKubeError, SANDBOXES } from "@sandgate/kube";
import { parse } from "yaml";
import { CliError } from "../cli-error.ts";
import { userOf } from "../cluster/find-sandbox.ts";
import { newSandbox } from "../cluster/new-sandbox.ts";
import { parseSandboxName, printSandboxName } from "../cluster/sandbox-name.ts";
import { waitForReady } from "../cluster/wait-for-ready.ts";
import { withCluster, type ClusterOptions, type ClusterSession } from "./cluster-session.ts";
import { print, say, type CommandContext } from "./context.ts";

export interface CreateOptions extends ClusterOptions {
  user?: string;
  image?: string;
  port?: number;
  file?: string;
  wait: boolean;
  timeout: number;
}

/** `sandgate create [SANDBOX]`: makes a Sandbox and waits until it is ready. */
export async function create(
  context: CommandContext,
  name: string | undefined,
  options: CreateOptions,
): Promise<void> {
  await withCluster(context, options, async (session) => {
    const wanted = await readSandbox(context, name, options, session.namespace);
    const made = await createSandbox(session, wanted);
    const shown = printSandboxName({ user: userOf(made), name: made.metadata.name });
    say(context, `created ${shown} in namespace ${made.metadata.namespace}`);
    if (!options.wait) return;
    await waitForReady(session.client, made, {
      timeoutMs: options.timeout * 1000,
      signal: context.signal,
      onProgress: (progress) => say(context, `  ${progress}`),
    });
    say(context, `${shown} is ready`);
    if (session.chosen.running !== null) print(context, `${session.chosen.running.gatewayUrl}/${shown}/`);
  });
}

async function createSandbox(session: ClusterSession, wanted: Sandbox): Promise<Stored<Sandbox>> {
  try {
    return await session.client.create(SANDBOXES, wanted, { fieldManager: "sandgate" });
  } catch (error) {
    const { name, namespace } = wanted.metadata;
    if (isKubeError(error) && error.reason === "AlreadyExists") {
      throw new CliError(
        `A Sandbox ${namespace}/${name} exists already. "sandgate get ${name}" shows it, "sandgate delete" removes it.`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function readSandbox(
  context: CommandContext,
  name: string | undefined,
  options: CreateOptions,
  namespace: string,
): Promise<Sandbox> {
  if (options.file === undefined) {
    if (name === undefined)
      throw new CliError("Name the sandbox, or give a manifest with -f.", { exitCode: 2 });
    const parsed = parseSandboxName(name);
    if (options.user !== undefined && name.includes("/") && parsed.user !== options.user) {
      throw new CliError(`"${name}" and --user ${options.user} name two users.`, { exitCode: 2 });
    }
    return newSandbox({
      user: options.user ?? parsed.user,
      name: parsed.name,
      namespace,
      image: options.image,
      port: options.port,
    });
  }
  if (name !== undefined || options.image !== undefined || options.port !== undefined) {
    throw new CliError("With -f the manifest says everything: no name, --image or --port beside it.", {
      exitCode: 2,
    });
  }
  const content = options.file === "-" ? await text(context.stdin) : await readManifest(options.file);
  const object = parseManifest(content, options.file);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      namespace: object.metadata.namespace ?? namespace,
      ...(options.user === undefined ? {} : { labels: { ...object.metadata.labels, user: options.user } }),
    },
  };
}

async function readManifest(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CliError(`The manifest cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function parseManifest(content: string, origin: string): Sandbox {
  let object: Partial<KubeObject> | null;
  try {
    object = parse(content) as Partial<KubeObject> | null;
  } catch (error) {
    throw new CliError(`${origin} is not YAML: ${(error as Error).message}`, { cause: error });
  }
  if (
    object?.kind !== "Sandbox" ||
    object.apiVersion !== "agents.x-k8s.io/v1beta1" ||
    object.metadata === undefined
  ) {
    throw new CliError(
      `${origin}: expected one object with apiVersion agents.x-k8s.io/v1beta1, kind Sandbox and metadata; ` +
        "for anything else use kubectl apply.",
    );
  }
  return object as Sandbox;
}
