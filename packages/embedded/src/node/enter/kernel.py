"""What Python's own library has no name for: calls by which a process limits itself."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what + ": " + os.strerror(ctypes.get_errno()))


def die_with_parent():
    """Has to be said again after each change of credentials, which takes it back."""
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent death signal")


def hide():
    """Keeps its memory and descriptors from other processes of the same user."""
    check(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
