import { execInPod, podLogs } from "@sandgate/kube";
import { once } from "node:events";
import { CliError } from "../cli-error.ts";
import { findSandbox } from "../cluster/find-sandbox.ts";
import { podOf } from "../cluster/pod-of.ts";
import { parseSandboxName } from "../cluster/sandbox-name.ts";
import { servedSandboxes } from "../cluster/served-sandboxes.ts";
import { withCluster, type ClusterOptions } from "./cluster-session.ts";
import type { CommandContext } from "./context.ts";

export interface ExecOptions extends ClusterOptions {
  container?: string;
  stdin: boolean;
  tty: boolean;
}

/**
 * `sandgate exec SANDBOX -- COMMAND…`: runs it in the sandbox's pod, with its streams and its exit code. Input that is
 * piped in is always passed on; `-i` passes on a terminal's, `-t` asks for a terminal inside.
 */
export async function exec(
  context: CommandContext,
  name: string,
  command: readonly string[],
  options: ExecOptions,
): Promise<number> {
  if (command.length === 0) {
    throw new CliError("Name a command after --, as in: sandgate exec alice/my-sandbox -- python3 -V", {
      exitCode: 2,
    });
  }
  if (options.tty && context.stdin.isTTY !== true) {
    throw new CliError("-t needs a terminal, and standard input is none.", { exitCode: 2 });
  }
  return withCluster(context, options, async ({ client, flags }) => {
    const { resource } = await servedSandboxes(client, flags);
    const sandbox = await findSandbox(client, resource, parseSandboxName(name), options.namespace);
    const withInput = options.stdin || options.tty || context.stdin.isTTY !== true;
    const resize = options.tty ? terminalSizes(context) : undefined;
    if (options.tty) context.stdin.setRawMode?.(true);
    try {
      return await execInPod(client, {
        namespace: sandbox.metadata.namespace ?? "default",
        pod: await podOf(client, sandbox),
        ...(options.container === undefined ? {} : { container: options.container }),
        command,
        ...(withInput ? { stdin: context.stdin } : {}),
        stdout: context.stdout,
        ...(options.tty ? {} : { stderr: context.stderr }),
        tty: options.tty,
        ...(resize === undefined ? {} : { resize }),
        signal: context.signal,
      });
    } finally {
      if (options.tty) context.stdin.setRawMode?.(false);
      // A terminal that is still being read would keep the process alive.
      context.stdin.destroy();
    }
  });
}

async function* terminalSizes(context: CommandContext): AsyncGenerator<{ width: number; height: number }> {
  while (!context.signal.aborted) {
    yield { width: context.stdout.columns ?? 80, height: context.stdout.rows ?? 24 };
    await once(context.stdout, "resize", { signal: context.signal });
  }
}

export interface LogsOptions extends ClusterOptions {
  container?: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tail?: number;
}

/** `sandgate logs SANDBOX`: what its pod's container wrote. */
export async function logs(context: CommandContext, name: string, options: LogsOptions): Promise<void> {
  await withCluster(context, options, async ({ client, flags }) => {
    const { resource } = await servedSandboxes(client, flags);
    const sandbox = await findSandbox(client, resource, parseSandboxName(name), options.namespace);
    const chunks = podLogs(client, {
      namespace: sandbox.metadata.namespace ?? "default",
      pod: await podOf(client, sandbox),
      ...(options.container === undefined ? {} : { container: options.container }),
      follow: options.follow,
      previous: options.previous,
      timestamps: options.timestamps,
      ...(options.tail === undefined ? {} : { tailLines: options.tail }),
      signal: context.signal,
    });
    for await (const chunk of chunks) {
      if (!context.stdout.write(chunk)) await once(context.stdout, "drain");
    }
  });
}
