/** nginx and HAProxy, each in front of several servers at once, configured as their manuals advise for WebSocket and keep-alive. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SystemPart } from "../../../../cli/src/system-parts/parts.ts";

/** What the comparison needs of the system. */
export const COMPARISON_SYSTEM_PARTS: readonly SystemPart[] = [
  { name: "nginx", commands: ["nginx"], debianPackage: "nginx", why: "is compared with the gateway" },
  { name: "HAProxy", commands: ["haproxy"], debianPackage: "haproxy", why: "is compared with the gateway" },
];

export interface Proxy {
  /** Name and version. */
  readonly title: string;
  /** Where it listens for each upstream, in their order. */
  readonly ports: readonly number[];
  close(): Promise<void>;
}

/** Times are short: a proxy that waits for more of a message ends the connection, and that is what the client waits for. */
export function startNginx(upstreamPorts: readonly number[]): Promise<Proxy> {
  const version = versionOf("nginx", ["-v"], /nginx\/(\S+)/);
  return start(`nginx ${version}`, upstreamPorts, (folder, ports) => {
    const servers = ports.map(
      (port, index) => `
  upstream lane${index} { server 127.0.0.1:${upstreamPorts[index]}; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://lane${index};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Prefix /alice/box;
      proxy_set_header X-Request-Id $request_id;
      proxy_request_buffering off;
      proxy_read_timeout 500ms;
    }
  }`,
    );
    const config = `daemon off;
master_process off;
pid ${folder}/pid;
error_log /dev/null;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_header_timeout 500ms;
  client_body_timeout 500ms;
  keepalive_timeout 300ms;
  lingering_timeout 300ms;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
${servers.join("\n")}
}
`;
    writeFileSync(join(folder, "nginx.conf"), config);
    return ["nginx", "-c", join(folder, "nginx.conf"), "-p", folder];
  });
}

export function startHaproxy(upstreamPorts: readonly number[]): Promise<Proxy> {
  const version = versionOf("haproxy", ["-v"], /version (\d+\.\d+\.\d+)/);
  return start(`HAProxy ${version}`, upstreamPorts, (folder, ports) => {
    const lanes = ports.map(
      (port, index) => `
frontend front${index}
  bind 127.0.0.1:${port}
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Prefix /alice/box
  http-request set-header X-Request-Id %[rand]
  default_backend lane${index}
backend lane${index}
  http-reuse always
  server sandbox 127.0.0.1:${upstreamPorts[index]}
`,
    );
    const config = `global
  nbthread 1
defaults
  mode http
  option http-keep-alive
  timeout connect 1s
  timeout client 500ms
  timeout server 500ms
  timeout tunnel 500ms
  timeout http-request 500ms
  timeout http-keep-alive 300ms
${lanes.join("")}`;
    writeFileSync(join(folder, "haproxy.cfg"), config);
    return ["haproxy", "-db", "-f", join(folder, "haproxy.cfg")];
  });
}

async function start(
  title: string,
  upstreamPorts: readonly number[],
  prepare: (folder: string, ports: readonly number[]) => readonly string[],
): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-comparison-"));
  const ports = await freePorts(upstreamPorts.length);
  const [command = "", ...args] = prepare(folder, ports);
  const child = spawn(command, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, PATH: SYSTEM_PATH },
  });
  const ended = once(child, "exit");
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const port of ports) await accepts(port, () => child.exitCode !== null);
    return { title, ports, close };
  } catch (error) {
    await close();
    throw new Error(`${title} did not start: see above`, { cause: error });
  }
}

/** As a service has it; that of `su` often lacks the folders of system programs. */
const SYSTEM_PATH = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
const PATIENCE_MS = 10_000;

function versionOf(command: string, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, PATH: SYSTEM_PATH },
  });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? "of an unknown version";
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, "listening");
    ports.push((server.address() as AddressInfo).port);
  }
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function accepts(port: number, over: () => boolean): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const connected = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (connected) return;
    if (over() || Date.now() > until) throw new Error(`nothing listens on ${port}`);
    await delay(50);
  }
}
