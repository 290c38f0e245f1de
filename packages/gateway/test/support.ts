/** A gateway in front of a server of the test's own, with routes made by hand. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GATEWAY_KEYS, loadConfig, type Logger } from "@sandgate/contract";
import type { SandboxEntry, SandboxWatchHealth } from "@sandgate/kube";
import {
  createRouteTable,
  limitBoundsOf,
  startGateway,
  type Gateway,
  type OpenTunnel,
  type Route,
  type RouteTable,
} from "../src/index.ts";

export interface Bench {
  gateway: Gateway;
  routes: RouteTable;
  backend: Server;
  backendPort: number;
  health: SandboxWatchHealth;
  close(): Promise<void>;
}

/** Where the tests' backends listen. A gateway never dials loopback as a pod, so `openBench` puts it into the routes. */
const BACKEND = "127.0.0.1";

/** Kept connections of a test's client hold its gateway no longer. */
const DRAIN_MS = 50;

export async function openBench(
  handler: RequestListener,
  flags: Readonly<Record<string, unknown>> = {},
  more: { logger?: Logger; openTunnel?: OpenTunnel; /** Of every pod. */ podIp?: string } = {},
): Promise<Bench> {
  const backend = createServer(handler);
  await new Promise<void>((resolve) => backend.listen(0, BACKEND, resolve));
  const backendPort = (backend.address() as AddressInfo).port;
  const config = loadConfig(GATEWAY_KEYS, { flags: { port: 0, drainTimeoutMs: DRAIN_MS, ...flags } }).values;
  const table = createRouteTable({
    userLabel: "user",
    userNamespaces: config.userNamespaces,
    limits: limitBoundsOf(config),
  });
  const podIps = [more.podIp ?? BACKEND];
  // One for each route, as kept connections are found by what a route was dialled by before.
  const copies = new WeakMap<Route, Route>();
  const atBackend = (route: Route | undefined): Route | undefined => {
    if (route === undefined || route.podIps.length === 0) return route;
    const copy = copies.get(route) ?? { ...route, podIps };
    copies.set(route, copy);
    return copy;
  };
  const routes: RouteTable = {
    find: (user, name) => atBackend(table.find(user, name)),
    list: () => table.list(),
    findNamed: (namespace, name) => atBackend(table.findNamed(namespace, name)),
    findByPodIp: (ip) => atBackend(table.findByPodIp(ip)),
    follow: table.follow,
    put: (uid, sandbox) => table.put(uid, sandbox),
    refusalOf: (uid) => table.refusalOf(uid),
    get size() {
      return table.size;
    },
  };
  const health: SandboxWatchHealth = {
    synced: true,
    syncedAtMs: Date.now(),
    error: null,
    agentSandbox: "complete",
  };
  const gateway = await startGateway({ config, source: { routes, health }, ...more });
  return {
    gateway,
    routes,
    backend,
    backendPort,
    health,
    async close() {
      backend.closeAllConnections();
      await gateway.close();
      await new Promise((resolve) => backend.close(resolve));
      for (const folder of keyFolders.splice(0)) await rm(folder, { recursive: true });
    },
  };
}

const keyFolders: string[] = [];

/**
 * A file of keys by user, for `apiKeys`; removed when the bench closes.
 *
 * @param admins - Those of the users who reach everybody's sandboxes.
 */
export async function writeKeys(
  keys: Readonly<Record<string, string>>,
  admins: readonly string[] = [],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sandgate-keys-"));
  keyFolders.push(folder);
  const list = Object.entries(keys).map(([user, key]) => ({
    id: user,
    sha256: createHash("sha256").update(key).digest("hex"),
    user,
    roles: admins.includes(user) ? ["admin"] : [],
  }));
  const path = join(folder, "keys.yaml");
  await writeFile(path, JSON.stringify(list));
  return path;
}

/** A ready sandbox whose pod is the backend. */
export function entry(user: string, name: string, change: Partial<SandboxEntry> = {}): SandboxEntry {
  const uid = `${user}-${name}`;
  return {
    sandbox: {
      namespace: "default",
      name,
      uid,
      resourceVersion: "1",
      createdAtMs: 1,
      labels: { user },
      annotations: {},
      desired: "Running",
      deleting: false,
      conditions: [],
      podIps: [],
      service: null,
      serviceFqdn: null,
      ports: [],
      podName: name,
      shutdownAtMs: null,
    },
    pod: {
      uid: `pod-${uid}`,
      resourceVersion: "1",
      name,
      namespace: "default",
      sandboxUid: uid,
      podIps: ["10.88.0.2"],
      hostIps: [],
      hostNetwork: false,
      ready: true,
      deleting: false,
      phase: "Running",
      reason: "",
      message: "",
    },
    state: { state: "Ready", reason: "DependenciesReady", message: "" },
    ...change,
  };
}

/** Sends bytes as they are and gives back what comes until the end. */
export function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      answer += chunk;
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
    socket.write(text);
  });
}
