/** Addresses that pods could have, on a link of this machine: routers dial them, and recording servers listen on them. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What a sandbox saw of a request. */
export interface SeenRequest {
  /** Name of the sandbox that was reached. */
  by: string;
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface PodAddresses {
  /** Starts a server that answers with what it saw, at an address of the link. */
  serve(by: string, ip: string, port?: number): Promise<void>;
  close(): Promise<void>;
}

export const SANDBOX_PORT = 8888;
/**
 * @param lost - A network that nothing gets to.
 * @throws Error where the machine does not let us make a link; that needs root.
 */
export function openPodAddresses(lost: string): PodAddresses {
  const link = `sgr${process.pid}`;
  ip("link", "add", link, "type", "bridge");
  ip("link", "set", link, "up");
  ip("route", "replace", "unreachable", lost);
  const servers: Server[] = [];
  return {
    async serve(by, address, port = SANDBOX_PORT) {
      if (servers.length === 0 || !hasAddress(link, address))
        ip(
          "address",
          "add",
          address.includes(":") ? `${address}/128` : `${address}/32`,
          "dev",
          link,
          "nodad",
        );
      const server = createServer(
        { maxHeaderSize: 65_536 },
        (request, response) => void answer(by, request, response),
      );
      server.on("upgrade", (request: IncomingMessage, socket: Socket) => tunnel(by, request, socket));
      servers.push(server.listen(port, address));
      await once(server, "listening");
    },
    async close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      ip("link", "del", link);
      ip("route", "del", "unreachable", lost);
    },
  };
}

/** The path says how to answer, so that one server does for every case. */
async function answer(by: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { pathname } = new URL(request.url ?? "/", "http://sandbox");
  if (pathname === "/silent") return;
  if (pathname === "/break") {
    request.socket.destroy();
    return;
  }
  if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 600));
  const status = Number(/^\/status\/(\d+)$/.exec(pathname)?.[1] ?? 200);
  const seen: SeenRequest = {
    by,
    method: request.method ?? "",
    url: request.url ?? "",
    headers: request.headers,
    body: Buffer.concat(chunks).toString("latin1"),
  };
  response.setHeader(
    "x-sandbox-saw",
    encodeURIComponent(JSON.stringify({ ...seen, body: seen.body.length })),
  );
  response.setHeader("set-cookie", ["a=1", "b=2"]);
  if (status >= 300 && status < 400) response.setHeader("location", "/elsewhere");
  response.writeHead(status);
  response.end(status === 204 || status === 304 ? undefined : JSON.stringify(seen));
}

function tunnel(by: string, request: IncomingMessage, socket: Socket): void {
  socket.on("error", () => socket.destroy());
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade ?? ""}\r\n` +
      `X-Sandbox-Saw: ${encodeURIComponent(JSON.stringify({ by, method: "GET", url: request.url, headers: request.headers, body: 0 }))}\r\n\r\n`,
  );
  socket.pipe(socket);
}

function hasAddress(link: string, address: string): boolean {
  const { stdout } = spawnSync("ip", ["-o", "address", "show", "dev", link], { encoding: "utf8" });
  return stdout.includes(` ${address}/`);
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")} failed: ${stderr.trim()}`);
}
