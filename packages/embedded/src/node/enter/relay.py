"""Passes a command's bytes on, until it has ended and all of its output has been read."""

import os
import select
import sys
import time

import terminal

SIZES = 4
"""Descriptor at which sizes of the terminal come, as lines "COLUMNS ROWS"."""


LARGEST_PIPE = 1 << 20
"""More than a pipe can hold: what is read after that, a command that has ended has not written."""
QUIET_SECONDS = 0.05
"""The kernel passes on what was written to a terminal a moment later; nothing for so long, and there was no more."""
PATIENCE_SECONDS = 0.25
"""For how long, all in all, whoever else holds the terminal or the pipe can keep the end waiting."""


def write_all(file, data):
    while data:
        try:
            data = data[os.write(file, data):]
        except BlockingIOError:
            select.select([], [file], [])


def resize(master, line):
    try:
        columns, rows = (int(part) for part in line.split())
        terminal.set_size(master, columns, rows)
    except (ValueError, OSError, terminal.struct.error):
        pass


def relay(child, inward, outward, master, has_input):
    """Ends this process with the command's exit code, 128 + N after signal N.

    Reads descriptor 0 for `inward` where there is input, and each file of `outward` for the descriptor it names. Once the
    command has ended, what is still in the pipes is passed on and no more is waited for.
    """
    pidfd = os.pidfd_open(child)
    done = False
    left = LARGEST_PIPE
    patience = PATIENCE_SECONDS
    sizes = b""
    watch = select.poll()
    watch.register(pidfd, select.POLLIN)
    if has_input:
        watch.register(0, select.POLLIN)
    elif master is None:
        os.close(inward)
    if master is not None:
        watch.register(SIZES, select.POLLIN)
    for file in outward:
        watch.register(file, select.POLLIN)
    while outward:
        if not done:
            events = watch.poll()
        else:
            began = time.monotonic()
            events = watch.poll(max(0, min(QUIET_SECONDS, patience)) * 1000)
            patience -= time.monotonic() - began
            if left <= 0 or not any(file in outward for file, _ in events):
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
                    left -= len(data) if done else 0
                    try:
                        write_all(outward[file], data)
                    except OSError:
                        pass
                else:
                    watch.unregister(file)
                    del outward[file]
            elif file == SIZES:
                if not data:
                    watch.unregister(SIZES)
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
