/**
 * System calls that a pod may not make, by number. Numbers: Linux 6.12, arch/x86/entry/syscalls/syscall_64.tbl and
 * include/uapi/asm-generic/unistd.h (arm64). Null where the architecture has no such call.
 */
export interface DeniedCall {
  readonly name: string;
  readonly x64: number | null;
  readonly arm64: number | null;
}

const call = (name: string, x64: number | null, arm64: number | null): DeniedCall => ({ name, x64, arm64 });

/** Answered with EPERM. */
export const DENIED_CALLS: readonly DeniedCall[] = [
  // Other processes.
  call("ptrace", 101, 117),
  call("process_vm_readv", 310, 270),
  call("process_vm_writev", 311, 271),
  call("kcmp", 312, 272),
  call("pidfd_getfd", 438, 438),
  call("process_madvise", 440, 440),
  // Mounts and namespaces.
  call("mount", 165, 40),
  call("umount2", 166, 39),
  call("pivot_root", 155, 41),
  call("chroot", 161, 51),
  call("setns", 308, 268),
  call("unshare", 272, 97),
  call("open_tree", 428, 428),
  call("move_mount", 429, 429),
  call("fsopen", 430, 430),
  call("fsconfig", 431, 431),
  call("fsmount", 432, 432),
  call("fspick", 433, 433),
  call("mount_setattr", 442, 442),
  call("open_tree_attr", 467, 467),
  call("open_by_handle_at", 304, 265),
  call("name_to_handle_at", 303, 264),
  // The kernel's own attack surface, which programs in a sandbox have no use for.
  call("bpf", 321, 280),
  call("perf_event_open", 298, 241),
  call("userfaultfd", 323, 282),
  call("io_uring_setup", 425, 425),
  call("io_uring_enter", 426, 426),
  call("io_uring_register", 427, 427),
  call("keyctl", 250, 219),
  call("add_key", 248, 217),
  call("request_key", 249, 218),
  call("vmsplice", 278, 75),
  call("lookup_dcookie", 212, 18),
  call("fanotify_init", 300, 262),
  call("quotactl", 179, 60),
  call("quotactl_fd", 443, 443),
  call("acct", 163, 89),
  call("syslog", 103, 116),
  call("mbind", 237, 235),
  call("set_mempolicy", 238, 237),
  call("migrate_pages", 256, 238),
  call("move_pages", 279, 239),
  // The machine.
  call("kexec_load", 246, 104),
  call("kexec_file_load", 320, 294),
  call("reboot", 169, 142),
  call("swapon", 167, 224),
  call("swapoff", 168, 225),
  call("init_module", 175, 105),
  call("finit_module", 313, 273),
  call("delete_module", 176, 106),
  call("settimeofday", 164, 170),
  call("clock_settime", 227, 112),
  call("clock_adjtime", 305, 266),
  call("adjtimex", 159, 171),
  call("sethostname", 170, 161),
  call("setdomainname", 171, 162),
  call("iopl", 172, null),
  call("ioperm", 173, null),
  call("modify_ldt", 154, null),
  call("uselib", 134, null),
  call("ustat", 136, null),
  call("sysfs", 139, null),
  call("personality", 135, 92),
  call("nfsservctl", 180, 42),
  call("vhangup", 153, 58),
];

/** Numbers that the filter treats in a way of its own. */
export const SPECIAL_CALLS = {
  x64: { clone: 56, clone3: 435, ioctl: 16, socket: 41 },
  arm64: { clone: 220, clone3: 435, ioctl: 29, socket: 198 },
} as const;
