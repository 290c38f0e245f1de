import { clusterBinaries } from "../../../../../test/cluster/binaries/cluster-binaries.ts";
import { ROUTER_PART } from "../../../../../test/cluster/binaries/parts.ts";
import { freePorts } from "../free-ports.ts";
import type { Candidate, CandidateSetup } from "./candidate.ts";
import { startCandidate } from "./start-candidate.ts";

/**
 * Upstream's router in Go, built from its module. It finds a sandbox by headers, here with the pod's IP among them, so that
 * it looks up nothing; neither does it strip anything. Access log, traces and OpenTelemetry metrics are off.
 */
export async function startUpstreamRouter({ sandboxes, ports }: CandidateSetup): Promise<Candidate> {
  const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
  const file = (await clusterBinaries([ROUTER_PART], say))(ROUTER_PART.file);
  const [probes = 0, metrics = 0] = await freePorts(2);
  return startCandidate(
    {
      title: "upstream's router",
      version: ROUTER_PART.version,
      warmsUp: false,
      rewriting: { forwarded: ["for", "host", "proto"], cut: ["authorization"] },
      http2: "no",
      certificate: null,
      sandboxes,
      naming: ({ name, podIp, kind }) => ({
        prefix: "",
        headers: { "X-Sandbox-ID": name, "X-Sandbox-Pod-IP": podIp, "X-Sandbox-Port": String(ports[kind]) },
      }),
    },
    (_folder, port) => ({
      command: file,
      args: [
        `--http-bind-address=127.0.0.1:${port}`,
        `--health-probe-bind-address=127.0.0.1:${probes}`,
        `--metrics-bind-address=127.0.0.1:${metrics}`,
        "--allow-loopback-pod-ip",
        "--access-log=false",
        "--enable-tracing=false",
        "--enable-otel-metrics=false",
      ],
    }),
  );
}
