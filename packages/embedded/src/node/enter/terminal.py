"""A terminal of a container's own, from the container's own /dev/pts, so that the container finds it by its name.

Imported, it opens one for a command that is entered into a container. Run, as the first program of a container that asked
for a terminal, it opens one, passes the other end on over the socket at descriptor 3, and becomes the container's command:

  python3 - COMMAND WORD...
"""

import errno
import fcntl
import os
import signal
import socket
import struct
import sys
import termios

# Of asm-generic/ioctls.h: unlocks the command's end, and opens it without a name to look up.
TIOCSPTLCK = 0x40045431
TIOCGPTPEER = 0x5441


def open_terminal():
    """Both ends of a new terminal: ours, and that for the command."""
    ours = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    fcntl.ioctl(ours, TIOCSPTLCK, struct.pack("i", 0))
    theirs = fcntl.ioctl(ours, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    return ours, theirs


def set_size(ours, columns, rows):
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def take(theirs):
    """Makes it what this process, leader of a new session by now, reads, writes and is interrupted by."""
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(theirs, number)


def initial_environment():
    """What this process was given. Python adds to os.environ where the locale is not to its taste."""
    with open("/proc/self/environ", "rb") as file:
        pairs = [pair.partition(b"=") for pair in file.read().split(b"\0") if pair]
    return {name: value for name, _, value in pairs}


def main():
    command = sys.argv[1:]
    environment = initial_environment()
    complaints = os.dup(2)
    ours, theirs = open_terminal()
    with socket.socket(fileno=3) as other:
        socket.send_fds(other, [b"t"], [ours])
    os.close(ours)
    os.setsid()
    take(theirs)
    # Of the signals that Python ignores for itself.
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        # In bubblewrap's words: the node tells by them that the command never began.
        why = os.strerror(error.errno or errno.ENOENT)
        os.write(complaints, os.fsencode("bwrap: execvp %s: %s\n" % (command[0], why)))
        os._exit(1)


if __name__ == "__main__":
    main()
