/**
 * `node test/vm/run.ts [WORD …]`: the published package in a virtual machine of this architecture, Debian with systemd and cgroup
 * version 2. Words go to its kernel's command line: `systemd.unified_cgroup_hierarchy=0` gives version 1, `cgroup_disable=memory` a
 * version 2 without that controller. Needs root, and of Debian: debootstrap, e2fsprogs, qemu-system-x86 or qemu-system-arm.
 */
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findKubectl } from "../../scripts/kubectl.ts";

const here = import.meta.dirname;
const command = join(dirname(dirname(here)), "packages", "cli");
const PACKAGES = "systemd-sysv,dbus,udev,bubblewrap,iproute2,nftables,util-linux,python3,curl,procps,kmod";
const MACHINES = {
  x64: { qemu: "qemu-system-x86_64", board: "q35", terminal: "ttyS0", kernel: "linux-image-amd64" },
  arm64: { qemu: "qemu-system-aarch64", board: "virt", terminal: "ttyAMA0", kernel: "linux-image-arm64" },
} as const;
/** What is given to a machine that this one has to emulate, step by step. */
const LIMIT_MS = 30 * 60_000;

const { qemu, board, terminal, kernel } = MACHINES[process.arch === "arm64" ? "arm64" : "x64"];
const folder = mkdtempSync(join(tmpdir(), "sandgate-vm-"));
try {
  const disk = makeDisk(join(folder, "root"));
  process.exitCode = runMachine(disk) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A Debian with the package, Node.js and the check, which is run as soon as it is up. */
function makeDisk(root: string): string {
  run("debootstrap", ["--variant=minbase", `--include=${PACKAGES},${kernel}`, "bookworm", root]);
  run("npm", ["pack", "--pack-destination", folder], command);
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  run("npm", ["install", "--offline", "--prefix", join(root, "opt"), join(folder, archive)]);
  // Without a network names of this machine's resolver are of no use.
  rmSync(join(root, "etc", "resolv.conf"), { force: true });
  writeFileSync(join(root, "etc", "hosts"), "127.0.0.1 localhost\n");
  const bin = join(root, "usr", "local", "bin");
  symlinkSync("/opt/node_modules/.bin/sandgate", join(bin, "sandgate"));
  for (const [from, name] of [
    [process.execPath, "node"],
    [findKubectl((line) => process.stderr.write(`${line}\n`)), "kubectl"],
    [join(here, "check.sh"), "check"],
  ] as const) {
    copyFileSync(from, join(bin, name));
    chmodSync(join(bin, name), 0o755);
  }
  const units = join(root, "etc", "systemd", "system");
  for (const name of ["sandgate.service", "check.service"]) copyFileSync(join(here, name), join(units, name));
  mkdirSync(join(units, "multi-user.target.wants"), { recursive: true });
  symlinkSync("../check.service", join(units, "multi-user.target.wants", "check.service"));
  for (const name of ["vmlinuz", "initrd.img"]) copyFileSync(join(root, name), join(folder, name));
  const disk = join(folder, "disk.img");
  run("mke2fs", ["-q", "-t", "ext4", "-d", root, disk, "8G"]);
  return disk;
}

/** Runs it to its end, without a network. @returns Whether its last word is that all is well. */
function runMachine(disk: string): boolean {
  const result = join(folder, "result");
  writeFileSync(result, "");
  const options = [
    ["-machine", board],
    ...accelerator(),
    ["-smp", "2"],
    ["-m", "3072"],
    ["-nic", "none"],
    ["-no-reboot"],
    ["-display", "none"],
    ["-serial", `file:${join(folder, "console")}`],
    ["-kernel", join(folder, "vmlinuz")],
    ["-initrd", join(folder, "initrd.img")],
    ["-append", ["root=/dev/vda rw", `console=${terminal}`, "panic=-1", ...process.argv.slice(2)].join(" ")],
    ["-drive", `file=${disk},if=virtio,format=raw,cache=unsafe`],
    ["-device", "virtio-serial-pci"],
    ["-chardev", `file,id=result,path=${result}`],
    ["-device", "virtserialport,chardev=result,name=result"],
  ];
  run(qemu, options.flat());
  const said = readFileSync(result, "utf8");
  process.stdout.write(said === "" ? readFileSync(join(folder, "console"), "utf8") : said);
  return said.trimEnd().endsWith("all is well");
}

/** The processor's own help where `SANDGATE_VM_KVM` asks for it: a machine that is itself virtual may have it and not make it work. */
function accelerator(): string[][] {
  if (process.env["SANDGATE_VM_KVM"] === undefined)
    return [
      ["-accel", "tcg,thread=multi"],
      ["-cpu", "max"],
    ];
  accessSync("/dev/kvm");
  return [
    ["-accel", "kvm"],
    ["-cpu", "host"],
  ];
}

/** @throws Error where it cannot be started, fails or takes too long. */
function run(program: string, args: readonly string[], cwd = "/"): void {
  process.stderr.write(`${program} …\n`);
  const { status, error } = spawnSync(program, args, { cwd, stdio: ["ignore", 2, 2], timeout: LIMIT_MS });
  if (status !== 0) throw new Error(`${program} ended with ${status}`, { cause: error });
}
