import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { versionOf } from "../programs.ts";
import { POD_ADDRESSES } from "../sandboxes.ts";
import { pathNaming, schemeOf, type Candidate, type CandidateSetup } from "./candidate.ts";
import { startCandidate } from "./start-candidate.ts";

/** HAProxy with one thread and the same rewriting. */
export function startHaproxy(setup: CandidateSetup): Promise<Candidate> {
  return startCandidate(
    {
      title: "HAProxy",
      version: versionOf("haproxy", ["-v"], /version (\d+\.\d+\.\d+)/),
      warmsUp: false,
      rewriting: { forwarded: ["for", "host", "proto", "prefix"], cut: [] },
      http2: "on its port",
      certificate: setup.certificate,
      sandboxes: setup.sandboxes,
      naming: pathNaming,
    },
    (folder, port) => {
      const config = join(folder, "haproxy.cfg");
      writeFileSync(join(folder, "pods.map"), podsOf(setup));
      writeFileSync(config, configOf(folder, port, setup));
      return { command: "haproxy", args: ["-db", "-f", config] };
    },
  );
}

function groupOf(kind: string, address: string): string {
  return `${kind}-${address.replaceAll(".", "-")}`;
}

function podsOf({ sandboxes }: CandidateSetup): string {
  return sandboxes.map(({ user, name, kind, podIp }) => `${user}/${name} ${groupOf(kind, podIp)}\n`).join("");
}

function configOf(folder: string, port: number, { ports, certificate }: CandidateSetup): string {
  const backends = (["answering", "looking"] as const).flatMap((kind) =>
    POD_ADDRESSES.map(
      (address) =>
        `backend ${groupOf(kind, address)}\n  http-reuse always\n  server pod ${address}:${ports[kind]}\n`,
    ),
  );
  const tls =
    certificate === null ? "" : ` ssl crt ${certificate.bothFile} alpn h2,http/1.1 ssl-min-ver TLSv1.3`;
  return `global
  nbthread 1
defaults
  mode http
  option http-keep-alive
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
frontend gateway
  bind 127.0.0.1:${port} backlog 16384${tls}
  http-request set-var(txn.key) path,field(2,/,2)
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto ${schemeOf(certificate)}
  http-request set-header X-Forwarded-Prefix /%[var(txn.key)]
  http-request set-path /%[path,field(4,/,0)]
  use_backend %[var(txn.key),map(${folder}/pods.map,nowhere)]
  default_backend nowhere
backend nowhere
  http-request return status 404
${backends.join("")}`;
}
