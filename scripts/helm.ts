/** Builds Helm for the tests of the chart, from its Go module and into the cache where kubectl is too. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./cache-folder.ts";

const VERSION = "v3.22.0";
/** What `helm template` takes the cluster for. */
const KUBERNETES_MINOR = 36;
const module = join(dirname(dirname(fileURLToPath(import.meta.url))), "test", "tools", "helm");

/**
 * @returns Path of Helm, which the first time takes about a minute to build.
 * @throws Error with the remedy where it cannot be built.
 */
export function findHelm(write: (line: string) => void): string {
  const target = join(cacheFolder(), `helm-${VERSION}`, "helm");
  if (existsSync(target)) return target;
  write(`building helm ${VERSION} from its Go module, about a minute the first time`);
  mkdirSync(dirname(target), { recursive: true });
  // Built beside and renamed, so that two builds at once or one cut short leave a whole program or none.
  const part = `${target}.${process.pid}`;
  const flags = [
    "-s -w",
    `-X helm.sh/helm/v3/internal/version.version=${VERSION}`,
    ...["pkg/chartutil", "pkg/lint/rules"].flatMap((path) => [
      `-X helm.sh/helm/v3/${path}.k8sVersionMajor=1`,
      `-X helm.sh/helm/v3/${path}.k8sVersionMinor=${KUBERNETES_MINOR}`,
    ]),
  ].join(" ");
  const run = spawnSync(
    "go",
    ["build", "-trimpath", "-ldflags", flags, "-o", part, "helm.sh/helm/v3/cmd/helm"],
    {
      cwd: module,
      stdio: ["ignore", 2, 2],
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" },
    },
  );
  if (run.status !== 0) {
    throw new Error(
      `Helm could not be built from its Go module${run.error === undefined ? "" : ` (${run.error.message})`}. ` +
        "Install Go 1.26 and try again.",
    );
  }
  renameSync(part, target);
  return target;
}
