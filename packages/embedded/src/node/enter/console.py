"""Runs bubblewrap for a container that asked for a terminal, and passes on what comes and goes there.

Standard library only. Reads one JSON object from file descriptor 3, up to its end:

  {"argv": ["bwrap", ..., "--", "/usr/bin/python3", "-I", "-S", "-", COMMAND...], "input": true}

bubblewrap gets terminal.py as its input, which becomes the command. Its own complaints go to descriptor 2, all of the
command's output to descriptor 1. Sizes of the terminal come at descriptor 4; 5 to 7 are bubblewrap's.
"""

import json
import os
import signal
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import kernel
import terminal
from relay import relay

OF_BUBBLEWRAP = range(5, 8)
ABOVE = 8
MOST_DESCRIPTORS = 1 << 20


def start(argv):
    """Process id of bubblewrap, and our end of the socket at its descriptor 3."""
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    with open(terminal.__file__, "rb") as source:
        # Less than a pipe holds.
        os.write(write, source.read())
    os.close(write)
    child = os.fork()
    if child != 0:
        theirs.close()
        for file in (read, *OF_BUBBLEWRAP):
            os.close(file)
        return child, ours
    try:
        kernel.die_with_parent()
        os.setsid()
        os.dup2(read, 0)
        if theirs.fileno() == 3:
            os.set_inheritable(3, True)
        else:
            os.dup2(theirs.fileno(), 3)
        os.close(4)
        os.closerange(ABOVE, MOST_DESCRIPTORS)
        for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, ("%s: %s\n" % (argv[0], error.strerror)).encode())
    os._exit(126)


def main():
    with os.fdopen(3, "rb") as source:
        request = json.loads(source.read())
    kernel.die_with_parent()
    kernel.hide()
    child, other = start(request["argv"])

    def forward(number, _frame):
        try:
            os.kill(child, number)
        except OSError:
            pass

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, forward)
    with other:
        _, received, _, _ = socket.recv_fds(other, 1, 1)
    if not received:
        # It never came to that: bubblewrap has said why.
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    [master] = received
    relay(child, master, {master: 1}, master, request["input"])


main()
