/**
 * The gateway as a process of its own, with a route table that is filled by hand. All else is as `sandgate gateway` has it:
 * configuration, API keys, metrics, and the access log on its error output.
 *
 * Arguments: a file with the setup.
 */
import { readFileSync } from "node:fs";
import { ANNOTATION_PORT, GATEWAY_KEYS, LABEL_USER, loadConfig } from "@sandgate/contract";
import { createRouteTable, startGateway, type Route, type RouteTable } from "@sandgate/gateway";
import type { SandboxEntry, SandboxWatchHealth } from "@sandgate/kube";
import { createConsoleLogger } from "../../../../../packages/cli/src/output/console-logger.ts";
import type { BackendKind, BenchSandbox } from "../sandboxes.ts";

export interface SandgateSetup {
  ports: Readonly<Record<BackendKind, number>>;
  sandboxes: readonly BenchSandbox[];
  /** The access log is on. */
  log: boolean;
  /** Keys of the configuration. */
  config: Readonly<Record<string, unknown>>;
}

function fill(routes: RouteTable, { sandboxes, ports }: SandgateSetup): void {
  for (const sandbox of sandboxes) routes.put(sandbox.name, entryOf(sandbox, ports[sandbox.kind]));
  // A loopback address is never taken for a pod's, and is what there is here without setting up a network.
  const ips = new Map(sandboxes.map(({ name, podIp }) => [name, [podIp]]));
  // Many of them are at one address here, as the other proxies are told too; connections to it are for all of them.
  const dialled = new Map<string, NonNullable<Route["dialled"]>>();
  for (const route of routes.list()) {
    route.podIps = ips.get(route.name) ?? [];
    const [ip = ""] = route.podIps;
    const there = dialled.get(ip) ?? [];
    dialled.set(ip, there);
    route.dialled = there;
  }
}

function entryOf({ user, name, podIp }: BenchSandbox, port: number): SandboxEntry {
  const object = { namespace: "default", name, resourceVersion: "1" };
  return {
    sandbox: {
      ...object,
      uid: name,
      createdAtMs: 0,
      labels: { [LABEL_USER]: user },
      annotations: { [ANNOTATION_PORT]: String(port) },
      desired: "Running",
      deleting: false,
      conditions: [],
      podIps: [podIp],
      service: null,
      serviceFqdn: null,
      ports: [],
      podName: name,
      shutdownAtMs: null,
    },
    pod: {
      ...object,
      uid: `pod-${name}`,
      sandboxUid: name,
      podIps: [podIp],
      hostIps: [],
      hostNetwork: false,
      ready: true,
      deleting: false,
      phase: "Running",
      reason: "",
      message: "",
    },
    state: { state: "Ready", reason: "", message: "" },
  };
}

const setup = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as SandgateSetup;
const { values: config } = loadConfig(GATEWAY_KEYS, {
  flags: { dial: "pod-ip", ...setup.config },
});
const logger = createConsoleLogger(process.stderr, setup.log ? "info" : "warn", true);
const routes = createRouteTable({ userLabel: config.userLabel, userNamespaces: undefined, logger });
fill(routes, setup);
const health: SandboxWatchHealth = {
  synced: true,
  syncedAtMs: Date.now(),
  error: null,
  agentSandbox: "complete",
};
await startGateway({ config, source: { routes, health }, logger });
