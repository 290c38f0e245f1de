/**
 * Autobahn's fuzzing suite for WebSocket, by hand: it is Python 2.7 (`python2.7` on the PATH, or SANDGATE_PYTHON2) and comes from
 * PyPI into the cache. It tries a server of `ws` directly and through the gateway; whatever comes out must be the same.
 *
 *     node packages/gateway/test/websocket-peers/autobahn.ts ['7.*']
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { cacheFolder } from "../../../../scripts/cache-folder.ts";
import { entry, openBench } from "../support.ts";
import { serveBy } from "./peers.ts";

const VERSION = "25.10.1";
/** All but those of speed and compression, which take an hour. */
const CASES = process.argv.length > 2 ? process.argv.slice(2) : ["*"];
const WITHOUT = process.argv.length > 2 ? [] : ["9.*", "12.*", "13.*"];

interface Verdict {
  behavior: string;
  behaviorClose: string;
  remoteCloseCode: number | null;
}

const python = process.env["SANDGATE_PYTHON2"] ?? "python2.7";
const site = join(cacheFolder(), "python", `autobahntestsuite-${VERSION}`);

function install(): void {
  if (existsSync(join(site, "done"))) return;
  mkdirSync(site, { recursive: true });
  const args = ["-m", "pip", "install", "--quiet", "--target", site, `autobahntestsuite==${VERSION}`];
  const { status } = spawnSync(python, args, { stdio: ["ignore", 2, 2] });
  if (status !== 0)
    throw new Error(`autobahntestsuite could not be installed; ${python} with pip and PyPI are needed`);
  // A folder of packages in parts, which pip makes one only where it installs for all.
  writeFileSync(join(site, "zope", "__init__.py"), "");
  writeFileSync(join(site, "done"), "");
}

async function verdicts(folder: string, name: string, url: string): Promise<Record<string, Verdict>> {
  const outdir = join(folder, name);
  const spec = join(folder, `${name}.json`);
  const server = { agent: "ws", url };
  const options = { outdir, servers: [server], cases: CASES, "exclude-cases": WITHOUT };
  writeFileSync(spec, JSON.stringify({ ...options, "exclude-agent-cases": {} }));
  const child = spawn(python, [join(site, "bin", "wstest"), "-m", "fuzzingclient", "-s", spec], {
    env: { ...process.env, PYTHONPATH: site },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(child, "exit")) as [number];
  if (code !== 0) throw new Error(`wstest ended with ${code}`);
  const { ws } = JSON.parse(readFileSync(join(outdir, "index.json"), "utf8")) as {
    ws: Record<string, Verdict>;
  };
  return ws;
}

function printed({ behavior, behaviorClose, remoteCloseCode }: Verdict): string {
  return `${behavior}, closed ${behaviorClose} ${remoteCloseCode ?? "without a code"}`;
}

install();
const folder = mkdtempSync(join(tmpdir(), "sandgate-autobahn-"));
const peer = await serveBy("ws (Node.js)");
const bench = await openBench((_request, response) => response.end());
bench.routes.put("alice-box", entry("alice", "box"));
const through = `${bench.gateway.url.replace("http", "ws")}/alice/box:${peer.port}`;
const directly = await verdicts(folder, "direct", `ws://127.0.0.1:${peer.port}`);
const passed = await verdicts(folder, "through", through);
const others = Object.keys(directly).filter((id) => printed(directly[id]!) !== printed(passed[id]!));
for (const id of others)
  console.log(`case ${id}: ${printed(directly[id]!)}; through the gateway ${printed(passed[id]!)}`);
console.log(`${Object.keys(directly).length} cases, ${others.length} come out in another way`);
process.exitCode = others.length === 0 ? 0 : 1;
await peer.close();
await bench.close();
rmSync(folder, { recursive: true });
