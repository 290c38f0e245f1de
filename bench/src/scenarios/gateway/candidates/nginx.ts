import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { versionOf } from "../programs.ts";
import { POD_ADDRESSES } from "../sandboxes.ts";
import { pathNaming, type Candidate, type CandidateSetup } from "./candidate.ts";
import { startCandidate } from "./start-candidate.ts";

/** nginx with one worker that does what the gateway does: finds the sandbox, strips two segments, adds X-Forwarded-*. */
export function startNginx(setup: CandidateSetup): Promise<Candidate> {
  return startCandidate(
    {
      title: "nginx",
      version: versionOf("nginx", ["-v"], /nginx\/(\S+)/),
      warmsUp: false,
      rewriting: { forwarded: ["for", "host", "proto", "prefix"], cut: [] },
      http2: setup.certificate === null ? "on a port of its own" : "on its port",
      certificate: setup.certificate,
      sandboxes: setup.sandboxes,
      naming: pathNaming,
    },
    (folder, port, http2Port) => {
      const config = join(folder, "nginx.conf");
      writeFileSync(join(folder, "pods.map"), podsOf(setup));
      writeFileSync(config, configOf(folder, listensOf(port, http2Port, setup), setup));
      return { command: "nginx", args: ["-c", config, "-p", folder] };
    },
  );
}

function groupOf(kind: string, address: string): string {
  return `${kind}-${address.replaceAll(".", "-")}`;
}

function podsOf({ sandboxes }: CandidateSetup): string {
  return sandboxes
    .map(({ user, name, kind, podIp }) => `${user}/${name} ${groupOf(kind, podIp)};\n`)
    .join("");
}

function upstreamsOf({ ports }: CandidateSetup): string {
  return (["answering", "looking"] as const)
    .flatMap((kind) =>
      POD_ADDRESSES.map(
        (address) =>
          `  upstream ${groupOf(kind, address)} { server ${address}:${ports[kind]}; keepalive 1024; keepalive_requests 1000000000; }\n`,
      ),
    )
    .join("");
}

/** Without TLS a port of nginx speaks either HTTP/1.1 or HTTP/2. */
function listensOf(port: number, http2Port: number, { certificate }: CandidateSetup): string {
  const clear = `    listen 127.0.0.1:${port} backlog=16384;
    listen 127.0.0.1:${http2Port} http2 backlog=16384;
`;
  if (certificate === null) return clear;
  return `    listen 127.0.0.1:${port} ssl http2 backlog=16384;
    ssl_certificate ${certificate.certFile};
    ssl_certificate_key ${certificate.keyFile};
    ssl_protocols TLSv1.3;
`;
}

/**
 * Bodies are passed on as they come, as a gateway for event streams and uploads of any size has to. The buffers are larger than
 * nginx's own defaults, with which a body costs it twice the time.
 */
function configOf(folder: string, listens: string, setup: CandidateSetup): string {
  return `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 32768; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_max_body_size 0;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  map_hash_max_size 262144;
  map_hash_bucket_size 128;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  map $user/$sandbox $pod { default ""; include ${folder}/pods.map; }
${upstreamsOf(setup)}
  server {
${listens}    location / { return 404; }
    location ~ ^/(?<user>[^/]+)/(?<sandbox>[^/]+)(?<rest>/.*)$ {
      if ($pod = "") { return 404; }
      proxy_pass http://$pod$rest$is_args$args;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Prefix /$user/$sandbox;
      proxy_request_buffering off;
      client_body_buffer_size 128k;
      proxy_buffer_size 16k;
      proxy_buffers 8 64k;
      proxy_busy_buffers_size 128k;
      proxy_max_temp_file_size 0;
      proxy_read_timeout 600s;
    }
  }
}
`;
}
