"""Jobs that fail, for a worker of the kernel to run.

A worker that begins one imports the module where it stands, and so does the next one after it has
died: this module imports little, where a file of tests takes seconds.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time

from cadcomplete.errors import BuildError, TextError


def misbehave(how):
    """Do what `how` says, or return it."""
    if how == "crash":
        ctypes.string_at(0)
    if how == "hang":
        time.sleep(60)
    if how == "input":
        raise TextError("no such loop", where="line 3", expected="0 to 1", got=7, hint="count")
    if how == "build":
        raise BuildError(4, "nothing is left")
    return how


def hold_the_lock(seconds):
    """Sleep in C without giving Python's lock away, as the kernel does."""
    ctypes.PyDLL(None).usleep(int(seconds * 1e6))


def fail_like_the_kernel(_):
    from OCP.gp import gp_Dir

    gp_Dir(0, 0, 0)


def take_memory(_):
    return len(bytearray(64 << 30))


def lack_a_library(_):
    raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")


def wait_for(path):
    while not path.exists():
        time.sleep(0.01)


def die_once(path):
    """Be killed, as by a machine without memory, but only the first time."""
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def count_and_die(path):
    path.write_text((path.read_text() if path.exists() else "") + "x")
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(item, settings):
    """Prepare a part, but die over one of them."""
    from cadcomplete.data.prepare.part import prepare_part

    if item.id == "block4_1":
        os._exit(9)
    return prepare_part(item, settings)
