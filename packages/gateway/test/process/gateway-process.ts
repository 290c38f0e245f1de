import { fork } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";

/** Bytes of memory, and open descriptors. */
export interface Measured {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly fds: number;
}

interface Urls {
  readonly url: string;
  readonly routerUrl: string | null;
  readonly metricsUrl: string | null;
}

export type Order =
  | { readonly kind: "open"; readonly flags: Readonly<Record<string, unknown>> }
  | { readonly kind: "measure"; readonly collect: boolean };
export type Reply =
  | { readonly kind: "opened"; readonly urls: Urls }
  | { readonly kind: "measured"; readonly measured: Measured };

/** A gateway in a process of its own, with the sandbox alice/box on every port of 127.0.0.1. */
export interface GatewayProcess extends Urls {
  /** @param collect - Rubbish is collected before. */
  measure(collect: boolean): Promise<Measured>;
  /** The value of one line of its metrics. */
  metric(line: string): Promise<number>;
  close(): Promise<void>;
}

/** As the published command starts it: new objects get little room, so that memory is not a matter of when they are collected. */
const NODE_OPTIONS = ["--expose-gc", "--max-semi-space-size=2"];

export async function startGatewayProcess(
  flags: Readonly<Record<string, unknown>> = {},
): Promise<GatewayProcess> {
  const child = fork(join(import.meta.dirname, "gateway-child.ts"), { execArgv: NODE_OPTIONS });
  const exited = once(child, "exit");
  const ask = async (order: Order): Promise<Reply> => {
    const answer = once(child, "message") as Promise<[Reply]>;
    child.send(order);
    const first = await Promise.race([answer, exited]);
    if (child.exitCode !== null) throw new Error("the gateway's process has ended");
    return first[0] as Reply;
  };
  const opened = await ask({ kind: "open", flags: { metricsPort: 0, ...flags } });
  if (opened.kind !== "opened") throw new Error(`unexpected: ${opened.kind}`);
  const { urls } = opened;
  return {
    ...urls,
    async measure(collect) {
      const reply = await ask({ kind: "measure", collect });
      if (reply.kind !== "measured") throw new Error(`unexpected: ${reply.kind}`);
      return reply.measured;
    },
    async metric(line) {
      const text = await textOf(`${urls.metricsUrl}/metrics`);
      const found = text.split("\n").find((one) => one.startsWith(`${line} `));
      if (found === undefined) throw new Error(`no ${line} in ${text.slice(0, 2_000)}`);
      return Number(found.slice(line.length));
    },
    async close() {
      if (child.exitCode === null) {
        child.disconnect();
        await exited;
      }
    },
  };
}

/** By a connection that ends with the answer, so that none is left in what is counted. */
async function textOf(url: string): Promise<string> {
  const sent = get(url, { agent: false });
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const text = (await response.setEncoding("utf8").toArray()).join("");
  if (!response.closed) await once(response, "close");
  return text;
}
