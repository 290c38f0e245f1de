import { mkdirSync, chmodSync, statSync, accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@sandgate/contract";
import { checkNodeSupport, startApiServer, startControllers, startNode } from "@sandgate/embedded";
import { createKubeClient, isAlreadyExists, SANDBOXES, type KubeClient } from "@sandgate/kube";
import { buildRuntime } from "@sandgate/runtime/build";
import { CliError } from "../cli-error.ts";
import { dataDirOf } from "../cluster/data-dir.ts";
import { newSandbox } from "../cluster/new-sandbox.ts";
import { removeRunning, writeRunning } from "../cluster/running-file.ts";
import { waitForReady } from "../cluster/wait-for-ready.ts";
import { readGatewayConfig } from "../config-flags.ts";
import { createConsoleLogger, logLevelOf } from "../output/console-logger.ts";
import { aborted } from "../up/aborted.ts";
import type { LogForm } from "../up/log-form.ts";
import { runGateway } from "../up/run-gateway.ts";
import { createCleanup } from "../up/cleanup.ts";
import { watchForUnexpectedErrors, type UnexpectedErrors } from "../up/unexpected.ts";
import { VERSION } from "../version.ts";
import { print, say, type CommandContext } from "./context.ts";

const DEMO = { user: "alice", name: "my-sandbox", namespace: "default" } as const;
const DEMO_TIMEOUT_MS = 60_000;

/** `sandgate up`: embedded cluster, controllers, node and gateway in one process, until a signal. */
export async function up(context: CommandContext, options: Readonly<Record<string, unknown>>): Promise<void> {
  const began = performance.now();
  const config = await readGatewayConfig(options, context.env);
  await checkMachine();
  const dataDir = dataDirOf(options["dataDir"] as string | undefined, context.env);
  makeDataDir(dataDir);
  const form: LogForm = { level: logLevelOf(context.env["SANDGATE_LOG_LEVEL"] ?? "warn"), json: false };
  const logger = createConsoleLogger(context.stderr, form.level, form.json);
  const cleanup = createCleanup();
  const unexpected = watchForUnexpectedErrors(logger);
  try {
    const running = await Promise.race([
      start(context, { options, config, dataDir, logger, form, cleanup, unexpected }),
      unexpected.failed,
    ]);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    greet(context, { ...running, dataDir, seconds, demo: options["demo"] === true });
    await Promise.race([aborted(context.signal), unexpected.failed]);
    say(context, "Ending; sandboxes' processes are ended, their state stays.");
  } finally {
    await cleanup.run();
    unexpected.close();
  }
}

interface Started {
  url: string;
  routerUrl: string | null;
  kubeconfigPath: string;
}

async function start(
  context: CommandContext,
  parts: {
    options: Readonly<Record<string, unknown>>;
    config: Awaited<ReturnType<typeof readGatewayConfig>>;
    dataDir: string;
    logger: Logger;
    form: LogForm;
    cleanup: ReturnType<typeof createCleanup>;
    unexpected: UnexpectedErrors;
  },
): Promise<Started> {
  const { options, config, dataDir, logger, cleanup, unexpected } = parts;
  const log = { output: context.stderr, form: parts.form };
  const entry = await buildRuntime();
  const api = await startApiServer({
    dataDir,
    logger,
    version: VERSION,
    fsync: options["fsync"] === true,
    ...(options["apiPort"] === undefined ? {} : { port: options["apiPort"] as number }),
  });
  cleanup.add(() => api.close());
  api.failed.catch((error: unknown) => unexpected.report(error, "API server"));
  const clientOf = (user: "controllers" | "node" | "admin"): KubeClient => {
    const client = createKubeClient(api.access(user), { userAgent: `sandgate-${user}` });
    cleanup.add(() => client.close());
    return client;
  };
  const [gateway, controllers, node] = await Promise.allSettled([
    runGateway({ access: api.access("gateway"), config, logger, near: true, log }),
    startControllers({ client: clientOf("controllers"), logger }),
    startNode({
      client: clientOf("node"),
      dataDir: join(dataDir, "node"),
      egress: options["egress"] === true,
      image: { nodeBinary: process.execPath, entry },
      logger,
    }),
  ]);
  // Ended in this order: no more requests, then no more changes, then the pods.
  if (node.status === "fulfilled") cleanup.add(() => node.value.close());
  if (controllers.status === "fulfilled") cleanup.add(() => controllers.value.close());
  if (gateway.status === "fulfilled") cleanup.add(() => gateway.value.close());
  for (const part of [gateway, controllers, node]) {
    if (part.status === "rejected") throw toCliError(part.reason);
  }
  if (gateway.status !== "fulfilled") throw new Error("the gateway did not start");
  await gateway.value.synced;
  const { url, routerUrl } = gateway.value.gateway;
  writeRunning(dataDir, {
    pid: process.pid,
    gatewayUrl: url,
    routerUrl,
    kubeconfigPath: api.kubeconfigPath,
    version: VERSION,
  });
  cleanup.add(async () => removeRunning(dataDir));
  if (options["demo"] === true) await makeDemo(context, clientOf("admin"));
  return { url, routerUrl, kubeconfigPath: api.kubeconfigPath };
}

async function makeDemo(context: CommandContext, client: KubeClient): Promise<void> {
  try {
    await client.create(SANDBOXES, newSandbox(DEMO), { fieldManager: "sandgate" });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const sandbox = await client.get(SANDBOXES, DEMO);
  // One that its owner has suspended or ended stays so.
  if (sandbox.spec.operatingMode === "Suspended" || sandbox.spec.shutdownTime !== undefined) return;
  await waitForReady(client, sandbox, {
    resource: SANDBOXES,
    timeoutMs: DEMO_TIMEOUT_MS,
    signal: context.signal,
    onProgress: () => {},
  }).catch((error: unknown) => {
    context.signal.throwIfAborted();
    say(context, `The demo sandbox did not become ready: ${(error as Error).message}`);
  });
}

async function checkMachine(): Promise<void> {
  const problems = await checkNodeSupport();
  if (problems.length === 0) return;
  const lines = problems.map(({ what, remedy }) => `  ${what}\n    → ${remedy}`);
  throw new CliError(`sandgate up cannot run here:\n${lines.join("\n")}`);
}

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (!statSync(dataDir).isDirectory()) throw new Error("it is no folder");
    accessSync(dataDir, constants.W_OK);
    chmodSync(dataDir, 0o700);
  } catch (error) {
    throw new CliError(
      `The data folder ${dataDir} cannot be used: ${(error as Error).message}. Name another with --data-dir.`,
      { cause: error },
    );
  }
}

function greet(
  context: CommandContext,
  {
    url,
    routerUrl,
    kubeconfigPath,
    dataDir,
    seconds,
    demo,
  }: Started & { dataDir: string; seconds: string; demo: boolean },
): void {
  const sandbox = demo ? "alice/my-sandbox" : "alice/box";
  // Started by `npm start`, the command is the clone's own and not on the PATH.
  const command = context.env["npm_lifecycle_event"] === "start" ? "npx sandgate" : "sandgate";
  const body = String.raw`'{"command":"python3 -c \"print(6*7)\""}'`;
  const lines = [
    `Sandgate ${VERSION} is ready: ${url}  (${seconds} s)`,
    "",
    ...(demo ? [] : ["Make a sandbox:", `  ${command} create ${sandbox}`, ""]),
    "Run something in it:",
    `  curl -X POST ${url}/${sandbox}/execute -H 'Content-Type: application/json' -d ${body}`,
    `  ${command} exec ${sandbox} -- python3 -V`,
    "",
    "Look at it:",
    `  curl ${url}/sandboxes`,
    `  kubectl --kubeconfig ${kubeconfigPath} get sandboxes,pods -A`,
    "",
    ...(routerUrl === null ? [] : [`agent-sandbox's router protocol is spoken on ${routerUrl}.`, ""]),
    `Ctrl-C ends it. State stays in ${dataDir}.`,
  ];
  for (const line of lines) print(context, line);
}

function toCliError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
