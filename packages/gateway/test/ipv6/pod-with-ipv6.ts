/**
 * In a network of its own: a sandbox whose pod has nothing but an IPv6 address, and requests to it of every kind. Prints what the
 * sandbox saw of each as JSON. A process, since a network namespace is one's for good.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { GATEWAY_KEYS, loadConfig } from "@sandgate/contract";
import { WebSocket, WebSocketServer, type RawData } from "ws";
import { createRouteTable, startGateway } from "../../src/index.ts";
import { entry } from "../support.ts";

const POD = process.argv[2]!;

const seen = createServer((request, response) => {
  response.end(JSON.stringify({ from: request.socket.localAddress, host: request.headers.host }));
});
new WebSocketServer({ server: seen }).on("connection", (peer) => {
  peer.on("message", (data) => peer.send(data, { binary: false }));
});
const streams = createHttp2Server((request, response) => {
  response.end(JSON.stringify({ from: request.socket.localAddress, authority: request.authority }));
});

async function listen(server: Pick<Server, "listen" | "address" | "once">): Promise<number> {
  server.listen(0, POD);
  await once(server as Server, "listening");
  return (server.address() as AddressInfo).port;
}

const port = await listen(seen);
const h2cPort = await listen(streams as unknown as Server);
const config = loadConfig(GATEWAY_KEYS, { flags: { port: 0, routerPort: 0 } }).values;
const routes = createRouteTable({ userLabel: "user", userNamespaces: config.userNamespaces });
const made = entry("alice", "six");
routes.put("alice-six", {
  ...made,
  sandbox: { ...made.sandbox, annotations: { "sandgate.dev/h2c-ports": `${h2cPort}` } },
  pod: { ...made.pod!, podIps: [POD] },
});
const health = { synced: true, syncedAtMs: Date.now(), error: null, agentSandbox: "complete" } as const;
const gateway = await startGateway({ config, source: { routes, health } });

const get = async (url: string, headers: Record<string, string> = {}): Promise<unknown> =>
  (await fetch(url, { headers })).json();
const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/alice/six:${port}/`);
await once(socket, "open");
socket.send("there and back");
const [message] = (await once(socket, "message")) as [RawData];
socket.terminate();
const result = {
  path: await get(`${gateway.url}/alice/six:${port}/`),
  headers: await get(gateway.routerUrl!, { "x-sandbox-id": "six", "x-sandbox-port": `${port}` }),
  podIp: await get(gateway.routerUrl!, {
    "x-sandbox-id": "none",
    "x-sandbox-port": `${port}`,
    "x-sandbox-pod-ip": POD,
  }),
  webSocket: (message as Buffer).toString(),
  h2c: await get(`${gateway.url}/alice/six:${h2cPort}/`),
  h2cByHeaders: await get(gateway.routerUrl!, { "x-sandbox-id": "six", "x-sandbox-port": `${h2cPort}` }),
};
process.stdout.write(JSON.stringify({ port, h2cPort, gateway: new URL(gateway.url).host, ...result }));
process.exit();
