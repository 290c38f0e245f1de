/** Builds what a cluster is made of from pinned Go modules, into a cache outside the repository. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Part } from "./parts.ts";
import type { AgentSandboxRelease } from "./versions.ts";
import { cacheFolder } from "../../../scripts/cache-folder.ts";

const modules = join(dirname(import.meta.dirname), "modules");
const GO_ENVIRONMENT = { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" };
// The build runs behind a lock that ends with its process, into a file that is renamed: two runs at once build once, and
// a run that is cut short leaves nothing half made.
const BUILD =
  'test -x "$1" || { mkdir -p "$(dirname "$1")" && go build -trimpath -ldflags "$2" -o "$1.part" "$3" && mv "$1.part" "$1"; }';

/** Where the parts are kept: a folder of its own for every state of a module and of the flags. */
function fileOf(part: Part): string {
  const hash = createHash("sha256").update(linkerFlags(part)).update(part.package);
  for (const file of ["go.mod", "go.sum", "main.go"]) {
    const path = join(modules, part.module, file);
    hash.update(existsSync(path) ? readFileSync(path) : "");
  }
  const key = `${part.version}-${hash.digest("hex").slice(0, 12)}`;
  return join(cacheFolder(), "cluster", key, part.file);
}

function linkerFlags(part: Part): string {
  return ["-s -w", ...Object.entries(part.stamps ?? {}).map(([name, value]) => `-X ${name}=${value}`)].join(
    " ",
  );
}

/** The Go command that is there, null without one. */
export function goVersion(): string | null {
  const run = spawnSync("go", ["version"], { encoding: "utf8" });
  return run.status === 0 ? run.stdout.trim() : null;
}

/** Paths of built programs by their `file`. */
export type Binaries = (file: Part["file"]) => string;

/**
 * Makes sure that the parts are built. The first time this takes about nine minutes on two cores for all of them.
 *
 * @throws Error with Go's own output where a part cannot be built.
 */
export async function clusterBinaries(
  parts: readonly Part[],
  say: (line: string) => void = () => {},
): Promise<Binaries> {
  const paths = new Map(parts.map((part) => [part.file, fileOf(part)]));
  const missing = parts.filter((part) => !existsSync(fileOf(part)));
  for (const [index, part] of missing.entries()) {
    say(`building ${part.file} ${part.version} from its Go module (${index + 1} of ${missing.length})`);
    const began = performance.now();
    await build(part, fileOf(part));
    say(`built ${part.file} in ${Math.round((performance.now() - began) / 1000)} s`);
  }
  return (file) => {
    const path = paths.get(file);
    if (path === undefined) throw new Error(`${file} was not asked for; ask clusterBinaries for its part`);
    return path;
  };
}

async function build(part: Part, target: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  const child = spawn(
    "flock",
    [`${target}.lock`, "sh", "-c", BUILD, "build", target, linkerFlags(part), part.package],
    {
      cwd: join(modules, part.module),
      env: { ...process.env, ...GO_ENVIRONMENT },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) {
    throw new Error(
      `${part.file} ${part.version} could not be built (go build, ${code}):\n${errors.slice(-4000)}`,
    );
  }
}

/** The folder of a release's CRDs, in its Go module. */
export function agentSandboxCrds(release: AgentSandboxRelease): string {
  return join(moduleFolder(join("agent-sandbox", release), "sigs.k8s.io/agent-sandbox"), "k8s", "crds");
}

/** The folder of the Gateway API's CRDs, of the version that Traefik speaks. */
export function gatewayApiCrds(): string {
  return join(moduleFolder("traefik", "sigs.k8s.io/gateway-api"), "config", "crd", "standard");
}

/** Where the Go module that one of ours pins is. @throws Error if it cannot be had. */
function moduleFolder(ours: string, name: string): string {
  const run = spawnSync("go", ["list", "-m", "-f", "{{.Dir}}", name], {
    cwd: join(modules, ours),
    env: { ...process.env, ...GO_ENVIRONMENT },
    encoding: "utf8",
  });
  const folder = run.stdout.trim();
  if (run.status !== 0 || folder === "")
    throw new Error(`The module ${name} of ${ours} is not there: ${run.stderr}`);
  return folder;
}
