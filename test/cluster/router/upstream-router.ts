import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterBinaries } from "../binaries/cluster-binaries.ts";
import { ROUTER_PART } from "../binaries/parts.ts";

export interface UpstreamRouter {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Upstream's router in Go, built from its module, with its pod cache on. It falls back to cluster DNS for what it does not
 * find; it gets a name server that is not there, as outside a cluster.
 *
 * @param options.responseHeaderTimeoutMs - How long a sandbox may take to begin its answer.
 */
export async function startUpstreamRouter(options: {
  kubeconfig: string;
  responseHeaderTimeoutMs: number;
}): Promise<UpstreamRouter> {
  const say = (line: string): void => void process.stderr.write(`cluster: ${line}\n`);
  const file = (await clusterBinaries([ROUTER_PART], say))(ROUTER_PART.file);
  const folder = mkdtempSync(join(tmpdir(), "sandgate-router-"));
  const resolver = join(folder, "resolv.conf");
  writeFileSync(resolver, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  const [port, probes, metrics] = await Promise.all([freePort(), freePort(), freePort()]);
  const child = spawn(
    "unshare",
    [
      "--mount",
      "sh",
      "-c",
      'mount --bind "$0" /etc/resolv.conf && exec "$@"',
      resolver,
      file,
      `--http-bind-address=127.0.0.1:${port}`,
      `--health-probe-bind-address=127.0.0.1:${probes}`,
      `--metrics-bind-address=127.0.0.1:${metrics}`,
      "--cache-enabled",
      `--kubeconfig=${options.kubeconfig}`,
      `--response-header-timeout=${options.responseHeaderTimeoutMs}ms`,
      "--enable-tracing=false",
      "--enable-otel-metrics=false",
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code) => reject(new Error(`upstream's router ended with ${code}:\n${output}`)));
  });
  ended.catch(() => {});
  await Promise.race([ended, untilReady(`http://127.0.0.1:${probes}/readyz`, () => child.exitCode === null)]);
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const exit = once(child, "exit");
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await exit;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** It tells its readiness nowhere but here. */
async function untilReady(url: string, isRunning: () => boolean): Promise<void> {
  while (isRunning()) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
