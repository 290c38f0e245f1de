"""Runs a command in a running container, with the isolation of the container itself; or a command on a terminal.

Standard library only. Reads one JSON object from file descriptor 3, up to its end:

  {"argv": [...], "env": {...}, "cwd": "/workspace", "tty": false,
   "enter": {"pid": 123, "uid": 1000, "gid": 1000, "hostUid": 1900000001, "cgroups": [...], "seccomp": "base64"}}

Without "enter" the command runs where this program runs (a container that asked for a terminal). Sizes of the terminal come
as lines "COLUMNS ROWS" on descriptor 4. Ends with the command's exit code, 128 + N after signal N, 126 or 127 where it
cannot be run.
"""

import base64
import ctypes
import errno
import fcntl
import json
import os
import resource
import select
import signal
import struct
import sys
import termios
import warnings  # os.execvpe imports it, which must not happen among the container's files

NAMESPACES = ("net", "ipc", "uts", "cgroup", "pid", "mnt", "user")
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63
MOST_DESCRIPTORS = 1 << 20

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what + ": " + os.strerror(ctypes.get_errno()))


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


def drop(target):
    """Gives up every right that is left. Called in the new process, last thing before the command."""
    give_up_rights(target)
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent death signal")
    program = base64.b64decode(target["seccomp"])
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0), "seccomp")


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


def run(request, files, terminal):
    """The new process: never returns."""
    try:
        for signal_ in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(signal_, signal.SIG_DFL)
        os.setsid()
        if terminal:
            fcntl.ioctl(files[0], termios.TIOCSCTTY, 0)
        for number, file in enumerate(files):
            os.dup2(file, number)
        target = request.get("enter")
        if target is None:
            # What bubblewrap is given on higher descriptors has to stay.
            os.close(4)
            os.closerange(8, MOST_DESCRIPTORS)
        else:
            os.closerange(3, MOST_DESCRIPTORS)
            os.chdir("/")
            drop(target)
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


def write_all(file, data):
    while data:
        try:
            data = data[os.write(file, data):]
        except BlockingIOError:
            select.select([], [file], [])


def resize(master, line):
    try:
        columns, rows = (int(part) for part in line.split())
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    except (ValueError, OSError, struct.error):
        pass


def main():
    with os.fdopen(3, "rb") as source:
        request = json.loads(source.read())
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent death signal")
    check(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
    target = request.get("enter")
    parent = os.getppid()
    master = None
    if request["tty"]:
        master, slave = os.openpty()
        if target is not None:
            os.fchown(slave, target["hostUid"], target["hostUid"])
        files, inward, outward = [slave, slave, slave], master, {master: 1}
        ours = [slave]
    else:
        read_in, write_in = os.pipe()
        read_out, write_out = os.pipe()
        read_err, write_err = os.pipe()
        if target is not None:
            for file in (read_in, write_out, write_err):
                # /dev/stdout and its like are opened again by name, which asks for the owner.
                os.fchown(file, target["hostUid"], target["hostUid"])
        files, inward, outward = [read_in, write_out, write_err], write_in, {read_out: 1, read_err: 2}
        ours = files
    if target is not None:
        join(target)
    child = os.fork()
    if child == 0:
        run(request, files, master is not None)
    for file in ours:
        os.close(file)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    def forward(number, _frame):
        try:
            os.kill(child, number)
        except OSError:
            pass

    if target is not None:
        # What is left to do is to pass bytes on, which takes no rights.
        give_up_rights(target)
        # A change of credentials has taken it back.
        check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent death signal")
        if os.getppid() != parent:
            os._exit(137)
    if target is None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, forward)
    relay(child, inward, outward, master)


def relay(child, inward, outward, master):
    """Relays; once the command has ended, what is still in the pipes is passed on and no more is waited for."""
    pidfd = os.pidfd_open(child)
    done = False
    sizes = b""
    watch = select.poll()
    watch.register(pidfd, select.POLLIN)
    watch.register(0, select.POLLIN)
    if master is not None:
        watch.register(4, select.POLLIN)
    for file in outward:
        watch.register(file, select.POLLIN)
    while outward:
        events = watch.poll(50 if done else None)
        if done and not any(file in outward for file, _ in events):
            break
        for file, _ in events:
            if file == pidfd:
                done = True
                watch.unregister(pidfd)
                continue
            try:
                data = os.read(file, 65536)
            except OSError:
                # The other end of a terminal that nobody holds any more reads as EIO.
                data = b""
            if file in outward:
                if data:
                    try:
                        write_all(outward[file], data)
                    except OSError:
                        pass
                else:
                    watch.unregister(file)
                    del outward[file]
            elif file == 4:
                if not data:
                    watch.unregister(4)
                    continue
                *lines, sizes = (sizes + data).split(b"\n")
                for line in lines:
                    resize(master, line)
            elif file == 0:
                try:
                    if data:
                        write_all(inward, data)
                        continue
                    if master is None:
                        os.close(inward)
                    else:
                        # The end of input, as a person types it.
                        write_all(inward, b"\x04")
                except OSError:
                    pass
                watch.unregister(0)
    _, status = os.waitpid(child, 0)
    sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


main()
