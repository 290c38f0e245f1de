import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { LABEL_USER, type KubeObject, type Stored } from "@sandgate/contract";
import { isKubeError } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import { userOf } from "../cluster/find-sandbox.ts";
import { newSandbox } from "../cluster/new-sandbox.ts";
import { readManifest, type Manifest } from "../cluster/read-manifest.ts";
import { parseSandboxName, printSandboxName } from "../cluster/sandbox-name.ts";
import { servedSandboxes, type ServedSandboxes } from "../cluster/served-sandboxes.ts";
import { waitForReady } from "../cluster/wait-for-ready.ts";
import { lookAtSandbox } from "../doctor/look-at-sandbox.ts";
import { tellFinding } from "../doctor/tell-finding.ts";
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
    const served = await servedSandboxes(session.client, session.flags);
    const wanted = await readWanted(context, name, options, session.namespace, served);
    const made = await createSandbox(session, wanted);
    const shown = printSandboxName({ user: userOf(made), name: made.metadata.name });
    say(context, `created ${shown} in namespace ${made.metadata.namespace}`);
    if (!options.wait) return;
    const { state } = await untilReady(context, session, { made, served, timeoutMs: options.timeout * 1000 });
    if (state !== "Ready") return say(context, `${shown} is suspended, as it was asked for`);
    say(context, `${shown} is ready`);
    if (session.chosen.running !== null) print(context, `${session.chosen.running.gatewayUrl}/${shown}/`);
  });
}

/** Waits, and where that is in vain says what the doctor would. */
async function untilReady(
  context: CommandContext,
  { client, flags }: ClusterSession,
  { made, served, timeoutMs }: { made: Stored<KubeObject>; served: ServedSandboxes; timeoutMs: number },
): ReturnType<typeof waitForReady> {
  try {
    return await waitForReady(client, made, {
      resource: served.resource,
      timeoutMs,
      signal: context.signal,
      onProgress: (progress) => say(context, `  ${progress}`),
    });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const { namespace, name, uid } = made.metadata;
    const seen = await lookAtSandbox(client, served.versions, { namespace, name, uid }, context.signal);
    const cause = seen?.cause ?? null;
    // That its deletion has begun is said already.
    if (cause === null || cause.id === "SANDBOX_DELETING") throw error;
    throw new CliError(`${error.message}\n${tellFinding(cause, flags)}`, { cause: error });
  }
}

async function createSandbox(
  session: ClusterSession,
  { resource, object }: Manifest,
): Promise<Stored<KubeObject>> {
  try {
    return await session.client.create(resource, object, {
      fieldManager: "sandgate",
      fieldValidation: "Strict",
    });
  } catch (error) {
    const { name, namespace } = object.metadata;
    if (isKubeError(error) && error.reason === "AlreadyExists") {
      throw new CliError(
        `A Sandbox ${namespace}/${name} exists already. "sandgate get ${name}" shows it, "sandgate delete" removes it.`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function readWanted(
  context: CommandContext,
  name: string | undefined,
  options: CreateOptions,
  namespace: string,
  served: ServedSandboxes,
): Promise<Manifest> {
  if (options.file === undefined) {
    if (name === undefined)
      throw new CliError("Name the sandbox, or give a manifest with -f.", { exitCode: 2 });
    const parsed = parseSandboxName(name);
    if (options.user !== undefined && name.includes("/") && parsed.user !== options.user) {
      throw new CliError(`"${name}" and --user ${options.user} name two users.`, { exitCode: 2 });
    }
    const object = newSandbox({
      user: options.user ?? parsed.user,
      name: parsed.name,
      namespace,
      image: options.image,
      port: options.port,
    });
    return { resource: served.resource, object };
  }
  if (name !== undefined || options.image !== undefined || options.port !== undefined) {
    throw new CliError("With -f the manifest says everything: no name, --image or --port beside it.", {
      exitCode: 2,
    });
  }
  const content = options.file === "-" ? await text(context.stdin) : await readText(options.file);
  const { resource, object } = readManifest(content, options.file, served.versions);
  return {
    resource,
    object: {
      ...object,
      metadata: {
        ...object.metadata,
        namespace: object.metadata.namespace ?? namespace,
        ...(options.user === undefined
          ? {}
          : { labels: { ...object.metadata.labels, [LABEL_USER]: options.user } }),
      },
    },
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CliError(`The manifest cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
