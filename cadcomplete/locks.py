"""One writer at a time: a folder that somebody writes to is refused to everybody else.

The lock is one of the operating system on a file in the folder, so that a process that dies,
however it dies, holds it no longer. The file says who holds it.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cadcomplete.errors import InputError

FILE = ".lock"

_BEHIND = 1 << 30  # Windows lets nobody read what is locked: lock a byte that is not there
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_held: set[Path] = set()  # by this process, to whom its own lock is no obstacle


@contextmanager
def writing_alone(folder: Path, what: str) -> Iterator[None]:
    """Let nobody else write to a folder, which is made; `what` tells them what is done there.

    Raises InputError, which says who writes there and since when, or that nobody can.
    """
    path, made = folder / FILE, not folder.exists()
    place = path.resolve()
    if place in _held:  # not even opened: closing it would free what this process holds
        raise _refusal(path, {"what": "this process", **_this_process()})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _open(path, what)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", file=folder) from error
    _held.add(place)
    try:
        yield
    finally:
        _held.discard(place)
        path.unlink(missing_ok=True)  # before it is free: whoever waits sees that it is gone
        os.close(file)
        if made:
            with suppress(OSError):  # something was written
                folder.rmdir()


def _open(path: Path, what: str) -> int:
    """Return the descriptor of the lock, now ours. Raises InputError if it is somebody's."""
    while True:
        file, ours = os.open(path, os.O_RDWR | os.O_CREAT, 0o666), False
        try:
            if not _taken(file):
                raise _refusal(path, _read(file))
            if _is_still(file, path):  # else whoever held it until now has removed it
                _write(file, {"what": what, **_this_process()})
                ours = True
                return file
        finally:
            if not ours:
                os.close(file)


def _taken(file: int) -> bool:
    """Take the lock of an open file, if it is free."""
    try:
        _lock(file)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        if error.errno in _NO_LOCKS:  # as on some file systems of clusters
            return not _may_live(_read(file))
        raise
    return True


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file, _BEHIND, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        # A lock of the process: one that it forks does not hold it after the parent's death.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_still(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _this_process() -> dict[str, Any]:
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _write(file: int, holder: dict[str, Any]) -> None:
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, (json.dumps(holder) + "\n").encode())


def _read(file: int) -> dict[str, Any]:
    """Return what the file says of its holder: nothing, if it was killed while it wrote that."""
    os.lseek(file, 0, os.SEEK_SET)
    try:
        holder = json.loads(os.read(file, 4096))
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _may_live(holder: dict[str, Any]) -> bool:
    """Say whether a holder may be alive, where the file system cannot say it."""
    if not holder or holder.get("host") != socket.gethostname():
        return bool(holder)
    try:
        os.kill(int(holder.get("pid", 0)), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _refusal(path: Path, holder: dict[str, Any]) -> InputError:
    known = {key: holder.get(key, "?") for key in ("what", "pid", "host", "since")}
    who = "{what}, process {pid} on {host}, since {since}".format(**known)
    return InputError(
        f"somebody writes here: {who}",
        file=path.parent,
        hint="wait for it, stop it, or give another folder",
    )
