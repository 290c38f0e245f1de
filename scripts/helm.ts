/** Builds Helm for the tests of the chart, from its Go module and into the cache where kubectl is too. */
import { findGoTool } from "./go-tool.ts";

const VERSION = "v3.22.0";
/** What `helm template` takes the cluster for. */
const KUBERNETES_MINOR = 36;

/**
 * @returns Path of Helm, which the first time takes about a minute to build.
 * @throws Error with the remedy where it cannot be built.
 */
export function findHelm(write: (line: string) => void): string {
  const ldflags = [
    "-s -w",
    `-X helm.sh/helm/v3/internal/version.version=${VERSION}`,
    ...["pkg/chartutil", "pkg/lint/rules"].flatMap((path) => [
      `-X helm.sh/helm/v3/${path}.k8sVersionMajor=1`,
      `-X helm.sh/helm/v3/${path}.k8sVersionMinor=${KUBERNETES_MINOR}`,
    ]),
  ].join(" ");
  return findGoTool(
    {
      name: "helm",
      version: VERSION,
      package: "helm.sh/helm/v3/cmd/helm",
      module: "helm",
      ldflags,
      tags: "",
      takes: "about a minute",
    },
    write,
  );
}
