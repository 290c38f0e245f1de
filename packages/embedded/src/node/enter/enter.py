"""Runs a command in a running container, with the isolation of the container itself.

Standard library only. Reads one JSON object from file descriptor 3, up to its end:

  {"argv": [...], "env": {...}, "cwd": "/workspace", "tty": false, "input": true,
   "enter": {"pid": 123, "uid": 1000, "gid": 1000, "hostUid": 1900000001, "cgroups": [...], "seccomp": "base64"}}

Sizes of a terminal come at descriptor 4. Ends with the command's exit code, 128 + N after signal N, 126 or 127 where it
cannot be run.
"""

import base64
import ctypes
import errno
import json
import os
import resource
import signal
import struct
import sys
import warnings  # os.execvpe imports it, which must not happen among the container's files

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import terminal
from kernel import check, die_with_parent, hide, libc
from relay import relay

NAMESPACES = ("net", "ipc", "uts", "cgroup", "pid", "mnt", "user")
PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 22, 24, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63
MOST_DESCRIPTORS = 1 << 20


def join(target):
    """Becomes a member of the container's control group and namespaces, all but the change of user."""
    process = os.open("/proc/%d" % target["pid"], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    handles = [os.open("ns/" + name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=process) for name in NAMESPACES]
    # Of one process all of them, by the open folder; and of the pod, not of whoever has its number by now.
    with os.fdopen(os.open("status", os.O_RDONLY | os.O_CLOEXEC, dir_fd=process)) as status:
        owner = [line.split()[1] for line in status if line.startswith("Uid:")]
    os.close(process)
    if owner != [str(target["hostUid"])]:
        raise OSError(errno.ESRCH, "the container has ended")
    for path in target["cgroups"]:
        with open(path, "w") as file:
            file.write(str(os.getpid()))
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")
    # As for the container's own processes: no dump, to nobody.
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    # Not possible any more once in the user namespace.
    os.setgroups([])
    for handle in handles:
        check(libc.setns(handle, 0), "setns")
        os.close(handle)


def give_up_rights(target):
    for capability in range(LAST_CAPABILITY + 1):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 and ctypes.get_errno() != errno.EINVAL:
            raise OSError(ctypes.get_errno(), "dropping a capability from the bounding set")
    os.setresgid(target["gid"], target["gid"], target["gid"])
    os.setresuid(target["uid"], target["uid"], target["uid"])
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)), "capset")
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def filter_calls(target):
    program = base64.b64decode(target["seccomp"])
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0), "seccomp")


def run(request, files, slave):
    """The new process: never returns."""
    try:
        for signal_ in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(signal_, signal.SIG_DFL)
        os.setsid()
        if slave is not None:
            terminal.take(slave)
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.closerange(3, MOST_DESCRIPTORS)
        die_with_parent()
        filter_calls(request["enter"])
        os.chdir(request["cwd"])
        argv, env = request["argv"], request["env"]
        os.execvpe(argv[0], argv, env)
    except OSError as error:
        name = request["argv"][0]
        os.write(2, ("%s: %s\n" % (name, error.strerror or error)).encode())
        os._exit(127 if error.errno == errno.ENOENT else 126)
    except BaseException as error:
        os.write(2, ("cannot enter the container: %r\n" % error).encode())
        os._exit(126)


def enter(request):
    """Never returns."""
    die_with_parent()
    hide()
    target = request["enter"]
    parent = os.getppid()
    master, slave, files = None, None, []
    if not request["tty"]:
        read_in, write_in = os.pipe()
        read_out, write_out = os.pipe()
        read_err, write_err = os.pipe()
        for file in (read_in, write_out, write_err):
            # /dev/stdout and its like are opened again by name, which asks for the owner.
            os.fchown(file, target["hostUid"], target["hostUid"])
        files, inward, outward = [read_in, write_out, write_err], write_in, {read_out: 1, read_err: 2}
    join(target)
    # From here on it is a process of the container's user in the container, which only passes bytes on.
    os.chdir("/")
    give_up_rights(target)
    die_with_parent()
    hide()
    if os.getppid() != parent:
        os._exit(137)
    if request["tty"]:
        master, slave = terminal.open_terminal()
        inward, outward = master, {master: 1}
    child = os.fork()
    if child == 0:
        run(request, files, slave)
    for file in files if slave is None else [slave]:
        os.close(file)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    relay(child, inward, outward, master, request["input"])


def main():
    with os.fdopen(3, "rb") as source:
        request = json.loads(source.read())
    try:
        enter(request)
    except OSError as error:
        message = "cannot enter the container: %s\n" % (error.strerror or error)
        os.write(1 if request["tty"] else 2, message.encode())
        sys.exit(126)


main()
