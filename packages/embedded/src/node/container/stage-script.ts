import { CONSOLE_FILES, HELPERS, PYTHON } from "../enter/enter-container.ts";
import { BUBBLEWRAP, FD_SECCOMP, NO_FILE, NO_FOLDER } from "./bubblewrap-arguments.ts";
import { hostSystem } from "./host-system.ts";
import type { LaunchOptions } from "./launch.ts";
import { quote } from "./shell-word.ts";

/** Where a container's folders are mounted for bubblewrap, in a mount namespace that nobody else sees. */
const STAGE = "/run/sandgate";

/** Where memory is short the kernel takes a pod before it takes Sandgate. */
const OOM_SCORE = 500;

/** What root does before it lets go, as a script: the mounts, the network, the control group. Its words are the container's command. */
export function stageScript(options: LaunchOptions): string {
  const { hostUid } = options;
  const lines = [
    "set -e",
    "umask 022",
    `mount -t tmpfs -o mode=0755,size=256k,nosuid,nodev sandgate ${STAGE}`,
    `cd ${STAGE}`,
    `mkdir pod tmp proc dev host .${NO_FOLDER}`,
    `: > .${NO_FILE}`,
    "mount -t proc proc proc",
    "mount --bind /dev dev",
    `mount --bind -- ${quote(options.root)} pod`,
  ];
  for (const { path, link } of hostSystem()) {
    const name = path.slice(1);
    if (link === null) lines.push(`mkdir ${name}`, `mount --bind ${path} ${name}`);
    else lines.push(`ln -s ${quote(link)} ${name}`);
  }
  options.mounts.forEach(({ source, target }, index) => {
    // A file is mounted on a file, a folder on a folder.
    lines.push(
      `if [ -d ${quote(source)} ]; then mkdir m${index}; else : > m${index}; fi`,
      `mount --bind -- ${quote(source)} m${index}`,
    );
    // For the linker's cache.
    if (target === "/etc") lines.push(`ln -s m${index} etc`);
  });
  if (options.tty) {
    lines.push("mkdir helpers");
    // Copied: the pod's user, which the helper runs as, may not be allowed to read them where they are.
    for (const name of CONSOLE_FILES) lines.push(`cat ${quote(HELPERS + name)} > helpers/${name}`);
  }
  for (const file of options.joinFiles) lines.push(`echo $$ > ${quote(file)}`);
  lines.push(`echo ${OOM_SCORE} > /proc/self/oom_score_adj`);
  const drop = [
    "prlimit",
    // One byte: the only limit that also keeps a dump from a program of the host's, which the kernel would start as root.
    "--core=1:1",
    // Without control groups this is what bounds a fork bomb.
    ...(options.joinFiles.length === 0 ? [`--nproc=${options.maxProcesses}`] : []),
    "--",
    "setpriv",
    `--reuid=${hostUid}`,
    `--regid=${hostUid}`,
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all",
    "--bounding-set=-all",
  ];
  const program = options.tty ? [...PYTHON, "/helpers/console.py"] : BUBBLEWRAP;
  const inside = [...drop, ...program].map(quote).join(" ");
  const ipv6 = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
  const join = [
    "set -e",
    // Who started this has been killed meanwhile: nobody would ever end the container.
    `[ "$PPID" -eq ${process.pid} ]`,
    // The pod's only network is IPv4; a link-local address would be one that no rule names.
    `[ ! -e ${ipv6} ] || echo 1 > ${ipv6}`,
    // Descriptors that whoever started Sandgate left open are not the container's. 0 to 7 are ours.
    `for fd in /proc/$$/fd/*; do fd=\${fd##*/}; [ "$fd" -le ${FD_SECCOMP} ] || [ "$fd" -eq 255 ] || eval "exec $fd>&-"; done`,
    // Nothing of the host is left to be found: bubblewrap follows links that a pod has put into its volumes.
    `cd ${STAGE}`,
    "pivot_root . host",
    "umount -l /host",
    "cd /",
    // What is the terminal helper's is not for the container to hold.
    `exec ${inside}${options.tty ? "" : ' "$@" 3<&- 4<&-'}`,
  ].join("\n");
  lines.push(
    `exec nsenter --net=${quote(options.networkNamespace)} -- bash --norc --noprofile -c ${quote(join)} bash "$@"`,
  );
  return lines.join("\n");
}
