/** Addresses that pods could have, on a link of this machine: routers dial them, and recording servers listen on them. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { openKeeper } from "../cluster/keeper.ts";

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
const FORWARD = "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit";

/**
 * The other end of the link is in a network namespace that ends with the test run, also after `kill -9`; the kernel then
 * takes the link, its addresses and its routes.
 *
 * @param lost - A network of 256 addresses that nothing gets to: whoever dials there is told so at once. Its last
 *   addresses are the link's own.
 * @throws Error where the machine does not let us make a link; that needs root.
 */
export async function openPodAddresses(lost: string): Promise<PodAddresses> {
  const link = `sgr${process.pid}`;
  const keeper = await openKeeper(["--net"], FORWARD);
  try {
    joinLost(link, lost, keeper.pid);
  } catch (error) {
    await keeper.close();
    throw error;
  }
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
      // Without waiting for the kernel, that does so some time after the namespace ended.
      ip("link", "del", link);
      await keeper.close();
    },
  };
}

function joinLost(link: string, lost: string, inside: number): void {
  const start = lost.slice(0, lost.lastIndexOf("."));
  const enter = (...args: string[]): void => run("nsenter", "-t", String(inside), "--net", "ip", ...args);
  ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", String(inside));
  ip("address", "add", `${start}.253/30`, "dev", link);
  ip("link", "set", link, "up");
  enter("address", "add", `${start}.254/30`, "dev", "eth0");
  enter("link", "set", "eth0", "up");
  enter("route", "add", "unreachable", lost);
  ip("route", "add", lost, "via", `${start}.254`);
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
  run("ip", ...args);
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stderr.trim()}`);
}
