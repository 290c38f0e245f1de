import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { platform } from "node:os";
import { runProgram } from "./run-program.ts";

/** Something that keeps the node from running pods, with what to do about it. */
export interface Problem {
  what: string;
  remedy: string;
}

/** Programs that the node starts, with the package that has them on Debian. */
const PROGRAMS: readonly (readonly [string, string])[] = [
  ["bwrap", "bubblewrap"],
  ["bash", "bash"],
  ["ip", "iproute2"],
  ["bridge", "iproute2"],
  ["nft", "nftables"],
  ["setpriv", "util-linux"],
  ["nsenter", "util-linux"],
  ["unshare", "util-linux"],
  ["prlimit", "util-linux"],
  ["mount", "util-linux"],
  ["pivot_root", "util-linux"],
  ["/usr/bin/python3", "python3"],
];

const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Everything that is wrong with this machine for running pods; empty where all is well. */
export async function checkNodeSupport(): Promise<Problem[]> {
  const elsewhere = "use a cluster: sandgate gateway --kubeconfig FILE";
  if (platform() !== "linux")
    return [{ what: `pods need Linux, and this is ${platform()}`, remedy: elsewhere }];
  if (process.arch !== "x64" && process.arch !== "arm64") {
    return [{ what: `pods need x64 or arm64, and this is ${process.arch}`, remedy: elsewhere }];
  }
  if (process.getuid?.() !== 0) {
    return [
      {
        what: "pods need root, to get a network and a user of their own",
        remedy: `run it with sudo, or ${elsewhere}`,
      },
    ];
  }
  const problems: Problem[] = [];
  const packages = new Set<string>();
  for (const [program, name] of PROGRAMS) {
    const found = program.startsWith("/")
      ? existsSync(program)
      : FOLDERS.some((folder) => existsSync(`${folder}/${program}`));
    if (!found) {
      problems.push({ what: `${program} is missing`, remedy: `apt-get install -y ${name}` });
      packages.add(name);
    }
  }
  const spaces = "/proc/sys/user/max_user_namespaces";
  if (existsSync(spaces) && Number(readFileSync(spaces, "utf8")) === 0) {
    problems.push({
      what: "user namespaces are switched off",
      remedy: "sysctl -w user.max_user_namespaces=10000",
    });
  }
  const clone = "/proc/sys/kernel/unprivileged_userns_clone";
  if (existsSync(clone) && readFileSync(clone, "utf8").trim() === "0") {
    problems.push({
      what: "unprivileged user namespaces are switched off",
      remedy: "sysctl -w kernel.unprivileged_userns_clone=1",
    });
  }
  const appArmor = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
  if (existsSync(appArmor) && readFileSync(appArmor, "utf8").trim() === "1" && !hasAppArmorProfile()) {
    problems.push({
      what: "AppArmor keeps unprivileged programs from user namespaces",
      remedy:
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (or load a profile for /usr/bin/bwrap)",
    });
  }
  if (problems.length === 0) {
    mkdirSync("/run/sandgate", { recursive: true, mode: 0o755 });
    await tryIsolation().catch((error: unknown) => {
      problems.push({
        what: `bubblewrap does not work here: ${(error as Error).message}`,
        remedy:
          "allow unprivileged user namespaces (in a container: run it privileged; with AppArmor: a profile for bwrap)",
      });
    });
  }
  return problems;
}

/** Whether bubblewrap has a profile of its own, which may allow it. */
function hasAppArmorProfile(): boolean {
  return ["bwrap", "bwrap-userns-restrict", "usr.bin.bwrap"].some((name) =>
    existsSync(`/etc/apparmor.d/${name}`),
  );
}

/** The least that a pod needs, as an unprivileged user. */
async function tryIsolation(): Promise<void> {
  const user = ["setpriv", "--reuid=1900000000", "--regid=1900000000", "--clear-groups", "--no-new-privs"];
  const bwrap = [
    "bwrap",
    "--unshare-user",
    "--unshare-pid",
    "--disable-userns",
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "true",
  ];
  await runProgram("unshare", ["--mount", "--", ...user, ...bwrap]);
}
