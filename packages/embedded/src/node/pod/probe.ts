import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { connect } from "node:net";
import type { Container, Probe } from "@sandgate/contract";
import type { ContainerProcess } from "../kubelet/pod-access.ts";

export interface ProbeTarget {
  ip: string;
  container: Container;
  exec: (command: readonly string[]) => Promise<ContainerProcess>;
}

/** Null if it succeeded, else why not. */
export type ProbeResult = string | null;

const OUTPUT_BYTES = 4096;

/** Runs a probe once, within its own timeout. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  try {
    return await tryProbe(probe, target);
  } catch (error) {
    // A path or header that no request can carry, a port by a name that there is not.
    return (error as Error).message;
  }
}

async function tryProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined) return probeHttp(probe.httpGet, target, timeoutMs);
  if (probe.tcpSocket !== undefined)
    return probeTcp(portOf(probe.tcpSocket.port, target.container), target.ip, timeoutMs);
  return probeExec(probe.exec?.command ?? [], target, timeoutMs);
}

function portOf(port: number | string, container: Container): number {
  if (typeof port === "number") return port;
  return container.ports?.find((one) => one.name === port)?.containerPort ?? Number(port);
}

function probeHttp(
  get: NonNullable<Probe["httpGet"]>,
  { ip, container }: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeResult> {
  const port = portOf(get.port, container);
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  return new Promise((resolve) => {
    const secure = get.scheme === "HTTPS";
    const call = (secure ? secureRequest : request)({
      host: ip,
      port,
      path: get.path ?? "/",
      headers: { "User-Agent": "kube-probe/sandgate", Accept: "*/*", Connection: "close", ...headers },
      agent: false,
      // A pod's own certificate is nobody's to trust; only that it answers counts.
      ...(secure ? { rejectUnauthorized: false } : {}),
    });
    const timer = setTimeout(() => {
      call.destroy();
      resolve(`Get "${get.path ?? "/"}" on port ${port}: no answer within ${timeoutMs / 1000} s`);
    }, timeoutMs);
    call.once("response", (response) => {
      clearTimeout(timer);
      response.destroy();
      const { statusCode = 0 } = response;
      resolve(
        statusCode >= 200 && statusCode < 400 ? null : `HTTP probe failed with statuscode: ${statusCode}`,
      );
    });
    call.on("error", (error) => {
      clearTimeout(timer);
      resolve(`Get "${get.path ?? "/"}" on port ${port}: ${error.message}`);
    });
    call.end();
  });
}

function probeTcp(port: number, ip: string, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect(port, ip);
    const done = (result: ProbeResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => done(`dial tcp ${ip}:${port}: no answer within ${timeoutMs / 1000} s`),
      timeoutMs,
    );
    socket.once("connect", () => done(null));
    socket.on("error", (error) => done(error.message));
  });
}

async function probeExec(
  command: readonly string[],
  target: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeResult> {
  let process: ContainerProcess;
  try {
    process = await target.exec(command);
  } catch (error) {
    return (error as Error).message;
  }
  let output = "";
  for (const stream of [process.stdout, process.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      if (output.length < OUTPUT_BYTES) output += chunk.toString();
    });
  }
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<ProbeResult>((resolve) => {
    timer = setTimeout(() => {
      process.release();
      resolve(`command ${JSON.stringify(command)} timed out`);
    }, timeoutMs);
  });
  const ended = process.exited.then(({ exitCode }) =>
    exitCode === 0 ? null : output.trim() || `exit code ${exitCode}`,
  );
  try {
    return await Promise.race([ended, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
