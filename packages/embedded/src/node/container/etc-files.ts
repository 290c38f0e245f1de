import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

export interface EtcOptions {
  hostname: string;
  ip: string;
  uid: number;
  gid: number;
  nameservers: readonly string[];
  searches: readonly string[];
  dnsOptions: readonly string[];
  hostAliases: readonly { ip: string; hostnames?: string[] }[];
}

/** Folders of the shared part, mounted as they are into every pod. */
export const SHARED_FOLDERS: readonly string[] = ["alternatives", "ssl"];

/**
 * Makes the part of `/etc` that is the same for every pod: where the host's programs need it to run at all, and public.
 * Nothing else of the host's `/etc` is ever shown to a pod.
 */
export function makeSharedEtc(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (existsSync("/etc/ld.so.cache")) copyFileSync("/etc/ld.so.cache", join(folder, "ld.so.cache"));
  copyAlternatives(join(folder, "alternatives"));
  const certificates = "/etc/ssl/certs/ca-certificates.crt";
  mkdirSync(join(folder, "ssl", "certs"), { recursive: true, mode: 0o755 });
  if (existsSync(certificates))
    copyFileSync(certificates, join(folder, "ssl", "certs", "ca-certificates.crt"));
  writeFileSync(
    join(folder, "nsswitch.conf"),
    "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nprotocols: files\nservices: files\n",
  );
  writeFileSync(join(folder, "shells"), "/bin/sh\n/bin/bash\n");
  writeFileSync(
    join(folder, "os-release"),
    'NAME="Sandgate sandbox"\nID=sandgate\nPRETTY_NAME="Sandgate sandbox (the host\'s programs)"\n',
  );
}

/** Debian's links to one of several programs, as far as they lead to programs. Hundreds: only what has changed is written. */
function copyAlternatives(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (!existsSync("/etc/alternatives")) return;
  const known = new Set(readdirSync(folder));
  for (const name of readdirSync("/etc/alternatives")) {
    const target = linkTarget(join("/etc/alternatives", name));
    if (target === null || !target.startsWith("/usr/")) continue;
    const link = join(folder, name);
    if (known.has(name)) {
      if (linkTarget(link) === target) continue;
      rmSync(link);
    }
    symlinkSync(target, link);
  }
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** Makes a pod's `/etc`: the shared part and the pod's own names. Belongs to root and is mounted read-only. */
export function makePodEtc(folder: string, shared: string, options: EtcOptions): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  // The folders with many entries are mounted over these, instead of being copied for every pod.
  for (const name of SHARED_FOLDERS) mkdirSync(join(folder, name), { recursive: true, mode: 0o755 });
  for (const name of readdirSync(shared)) {
    if (!SHARED_FOLDERS.includes(name)) copyFileSync(join(shared, name), join(folder, name));
  }
  const { hostname, ip, uid, gid } = options;
  const file = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(folder, name), `${lines.join("\n")}\n`, { mode: 0o644 });
  file("passwd", [
    ...(uid === 0 ? [] : ["root:x:0:0:root:/root:/usr/sbin/nologin"]),
    `sandbox:x:${uid}:${gid}:sandbox:/workspace:/bin/sh`,
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
  ]);
  file("group", [...(gid === 0 ? [] : ["root:x:0:"]), `sandbox:x:${gid}:`, "nogroup:x:65534:"]);
  file("hostname", [hostname]);
  file("hosts", [
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost",
    `${ip}\t${hostname}`,
    ...options.hostAliases.map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join("\t")}`),
  ]);
  file("resolv.conf", [
    ...(options.searches.length === 0 ? [] : [`search ${options.searches.join(" ")}`]),
    ...options.nameservers.map((server) => `nameserver ${server}`),
    ...(options.dnsOptions.length === 0 ? [] : [`options ${options.dnsOptions.join(" ")}`]),
  ]);
}
