/**
 * What a worker of the tests begins with: pods are on loopback, paths below /crash/ end the thread that is asked, and those
 * below /stuck/ stop it until the test lets it go on.
 */
import { parentPort } from "node:worker_threads";
import { createConfiguredRoutes } from "../../src/routes/configured-routes.ts";
import type { Route } from "../../src/routes/route.ts";
import type { RouteTable } from "../../src/routes/route-table.ts";
import { runWorker } from "../../src/workers/run-worker.ts";

const BACKEND = "127.0.0.1";

const atBackend = (route: Route | undefined): Route | undefined =>
  route === undefined || route.podIps.length === 0 ? route : { ...route, podIps: [BACKEND] };

function onLoopback(table: RouteTable): RouteTable {
  return {
    find: (user, name) => {
      if (user === "crash") setImmediate(crash);
      if (user === "stuck") stand();
      return atBackend(table.find(user, name));
    },
    list: () => table.list(),
    findNamed: (namespace, name) => atBackend(table.findNamed(namespace, name)),
    findByPodIp: (ip) => atBackend(table.findByPodIp(ip)),
    follow: table.follow,
    put: (uid, entry, refusal) => table.put(uid, entry, refusal),
    refusalOf: (uid) => table.refusalOf(uid),
    get size() {
      return table.size;
    },
  };
}

/** Where the test says that a thread may go on. */
let gate = new Int32Array(new SharedArrayBuffer(4));

function stand(): void {
  parentPort?.postMessage({ type: "lines", text: "stuck now\n" });
  Atomics.wait(gate, 0, 0);
}

function crash(): void {
  throw new Error("told to crash");
}

await runWorker({
  createLogger: (output, own) => {
    gate = new Int32Array((own as { gate: SharedArrayBuffer }).gate);
    const write = (message: string, fields?: object): void =>
      output.write(`${JSON.stringify({ message, ...fields })}\n`);
    return { debug() {}, info: write, warn: write, error: write };
  },
  createRoutes: (config) => onLoopback(createConfiguredRoutes(config)),
});
