import { mkdtempSync, openSync, closeSync, ftruncateSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CORES, place, untilListening } from "../placed.ts";
import { POD_ADDRESSES } from "../sandboxes.ts";
import { runFolder } from "../run-folder.ts";

/** Body of a small answer. */
export const SMALL_BODY = "a".repeat(200);
export const MIDDLE_BYTES = 65_536;
/** What `/large` has; a work may ask for the first part of it. */
export const LARGE_BYTES = 2 ** 30;

/** The fast backend: nginx that answers `/small`, `/middle` and `/large` at every pod address. */
export async function startAnsweringBackend(port: number): Promise<AsyncDisposable> {
  const folder = mkdtempSync(join(runFolder(), "backend-"));
  writeFile(join(folder, "middle"), MIDDLE_BYTES);
  writeFile(join(folder, "large"), LARGE_BYTES);
  const config = join(folder, "nginx.conf");
  writeFileSync(config, configOf(folder, port));
  const nginx = place("nginx", ["-c", config, "-p", folder], { core: CORES.load });
  const close = async (): Promise<void> => {
    await nginx.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilListening(nginx, { host: POD_ADDRESSES[0] ?? "", port });
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}

/** Of zeros, which take no room on the disk. */
function writeFile(path: string, bytes: number): void {
  const file = openSync(path, "w");
  ftruncateSync(file, bytes);
  closeSync(file);
}

function configOf(folder: string, port: number): string {
  const listens = POD_ADDRESSES.map((address) => `    listen ${address}:${port} backlog=16384;`);
  return `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 32768; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
${listens.join("\n")}
    location = /small { default_type text/plain; return 200 "${SMALL_BODY}"; }
    location = /middle { root ${folder}; }
    location = /large { root ${folder}; }
  }
}
`;
}
