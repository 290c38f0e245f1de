/** A gateway before a sandbox whose program speaks HTTP/2 by prior knowledge. */
import { once } from "node:events";
import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type IncomingHttpHeaders,
  type ServerOptions,
} from "node:http2";
import { connect, type AddressInfo } from "node:net";
import type { OpenTunnel } from "../../src/index.ts";
import { Peer } from "../raw-support.ts";
import { entry, openBench, type Bench } from "../support.ts";

/** What such a program does with a request. */
export type Program = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  raw: readonly string[],
) => void;

export interface H2cBench {
  readonly bench: Bench;
  /** URL of the sandbox, without a slash at its end. */
  readonly base: string;
  /** `/alice/box:PORT` */
  readonly prefix: string;
  readonly server: Http2Server;
  readonly port: number;
  /** Sessions that the gateway has made, in their order. */
  readonly sessions: ServerHttp2Session[];
  /** A client's connection that says exactly what is on the wire. */
  client(): Promise<Peer>;
  close(): Promise<void>;
}

/** The sandbox `alice/box`, all of whose ports are said to speak HTTP/2. */
export async function openH2cBench(
  program: Program,
  options: {
    flags?: Readonly<Record<string, unknown>>;
    server?: ServerOptions;
    openTunnel?: (port: number) => OpenTunnel;
  } = {},
): Promise<H2cBench> {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer(options.server ?? {});
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => {});
  });
  server.on("sessionError", () => {});
  server.on("stream", (stream, headers, _flags, raw) => {
    stream.on("error", () => {});
    program(stream, headers, raw);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const openTunnel = options.openTunnel?.(port);
  const more = openTunnel === undefined ? {} : { openTunnel };
  const bench = await openBench((_request, response) => response.end(), options.flags, more);
  putBox(bench, "*");
  const prefix = `/alice/box:${port}`;
  const gateway = new URL(bench.gateway.url);
  const peers: Peer[] = [];
  return {
    bench,
    base: bench.gateway.url + prefix,
    prefix,
    server,
    port,
    sessions,
    async client() {
      const socket = connect({ port: Number(gateway.port), host: gateway.hostname, allowHalfOpen: true });
      const peer = new Peer(socket);
      peers.push(peer);
      await once(socket, "connect");
      return peer;
    },
    async close() {
      for (const { socket } of peers) socket.destroy();
      for (const session of sessions) session.destroy();
      server.close();
      await bench.close();
    },
  };
}

/**
 * @param ports - Value of the annotation; undefined for none.
 * @param podUid - Of its pod; the same as before where it is left out.
 */
export function putBox(bench: Bench, ports: string | undefined, podUid = "first"): void {
  const made = entry("alice", "box");
  const annotations: Record<string, string> = ports === undefined ? {} : { "sandgate.dev/h2c-ports": ports };
  bench.routes.put("alice-box", {
    ...made,
    sandbox: { ...made.sandbox, annotations },
    pod: { ...made.pod!, uid: podUid },
  });
}
