import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { describeMissing } from "../../../../packages/cli/src/system-parts/ensure.ts";
import { findMissing, installCommand } from "../../../../packages/cli/src/system-parts/find-missing.ts";
import type { SystemPart } from "../../../../packages/cli/src/system-parts/parts.ts";

const PROGRAMS: readonly SystemPart[] = [
  { name: "nginx", commands: ["nginx"], debianPackage: "nginx", why: "what everything is compared with" },
  { name: "HAProxy", commands: ["haproxy"], debianPackage: "haproxy", why: "a candidate" },
  { name: "wrk", commands: ["wrk"], debianPackage: "wrk", why: "sends the requests" },
  { name: "h2load", commands: ["h2load"], debianPackage: "nghttp2-client", why: "sends those of HTTP/2" },
  { name: "OpenSSL", commands: ["openssl"], debianPackage: "openssl", why: "makes the certificate" },
  {
    name: "util-linux",
    commands: ["taskset", "setpriv"],
    debianPackage: "util-linux",
    why: "gives the proxy a core of its own, and ends it with the benchmark",
  },
];

/** Debian asks it whether a package may start its service; 101 is no. */
const POLICY = "/usr/sbin/policy-rc.d";
const NO_SERVICES = "#!/bin/sh\nexit 101\n";

/**
 * Makes sure that the other programs are there. As root on a Debian-like system they are installed, and no service of
 * theirs is started.
 *
 * @throws Error that names what is missing and the command that installs it.
 */
export function ensurePrograms(): void {
  const path = (process.env["PATH"] ?? "") + ":/usr/sbin:/sbin";
  process.env["PATH"] = path;
  const missing = findMissing(PROGRAMS, path);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) throw new Error(describeMissing(missing));
  process.stderr.write(
    `bench: installing ${missing.map((part) => part.name).join(", ")} (apt-get); their services are not started\n`,
  );
  const policyIsOurs = !existsSync(POLICY);
  if (policyIsOurs) writeFileSync(POLICY, NO_SERVICES, { mode: 0o755 });
  try {
    spawnSync("sh", ["-c", installCommand(missing)], {
      stdio: ["ignore", 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  } finally {
    if (policyIsOurs) rmSync(POLICY);
  }
  const still = findMissing(missing, path);
  if (still.length > 0) throw new Error(`apt-get failed; its output is above. ${describeMissing(still)}`);
}

/** What a program says of its version, by a pattern. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? "unknown";
}
