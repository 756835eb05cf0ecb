"""Where a resident process is found, and for whom it is the right one.

Its socket lies in a folder that only its user may enter, under a name that is made of all that its
answers depend on beside the command itself: another version, checkout, interpreter, or environment
has another name, so nobody meets the wrong one.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import struct
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from cadcomplete.errors import InputError

VARIABLE = "CADCOMPLETE_RESIDENT"
"""Of the environment: off, or the seconds after which a process with nothing to do ends."""

IDLE = 600.0
"""These seconds, where nobody says."""

_PACKAGE = Path(__file__).resolve().parent.parent

_DECIDE = (
    *("CADCOMPLETE_", "PYTHON", "OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "TORCH", "PYTORCH"),
    *("CUDA", "NVIDIA", "NUMBA", "NPY", "HF_", "LD_", "MALLOC", "LC_", "LANG", "CSF_", "CASROOT"),
    *("TZ", "HOME", "TMP", "TEMP", "XDG_RUNTIME_DIR", "VIRTUAL_ENV"),
)
"""How variables begin that libraries read when they are imported; the others are handed over."""


def idle_seconds(environment: Mapping[str, str]) -> float | None:
    """Return the seconds of `VARIABLE`, 0 for off, None if it is not set. Raises InputError."""
    said = environment.get(VARIABLE, "").strip()
    if not said or said == "off":
        return 0.0 if said else None
    with suppress(ValueError):
        if 0 < float(said) <= 1e6:
            return float(said)
    expected = "off, or seconds, more than 0 and at most 1,000,000"
    raise InputError("no such time", where=VARIABLE, expected=expected, got=said)


def folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of sockets, which need not be there."""
    own = environment.get("XDG_RUNTIME_DIR")
    if own and Path(own).is_absolute():
        return Path(own) / "cadcomplete"
    shared = environment.get("TMPDIR") or "/tmp"
    return Path(shared) / f"cadcomplete-{os.getuid()}"


def is_ours(place: Path) -> bool:
    """Whether a folder is this user's own, and nobody else may enter it."""
    try:
        found = os.lstat(place)
    except OSError:
        return False
    mode = stat.S_IMODE(found.st_mode)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and mode == 0o700


def made(place: Path) -> bool:
    """Make the folder where there is none; return whether it can be used and is only ours."""
    with suppress(OSError):  # there is one, or there can be none
        place.mkdir(mode=0o700)
    return is_ours(place) and os.access(place, os.W_OK | os.X_OK)


def name_for(environment: Mapping[str, str]) -> str:
    """Return the name of the process that answers as this one would."""
    from cadcomplete import __version__

    chosen = {k: v for k, v in environment.items() if k.startswith(_DECIDE) and k != VARIABLE}
    told = (
        *(__version__, str(_PACKAGE), sys.executable, sys.version, sys.flags),
        *_of_process(),
        *sorted(chosen.items()),
        *_files(),
    )
    return hashlib.sha256(repr(told).encode(errors="surrogateescape")).hexdigest()[:16]


def _of_process() -> Iterator[object]:
    """What a process inherits, and cannot hand over with a command."""
    import resource

    for limit in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE"):
        yield resource.getrlimit(getattr(resource, limit))
    yield os.getgid(), sorted(os.getgroups()), os.getpriority(os.PRIO_PROCESS, 0)
    if hasattr(os, "sched_getaffinity"):
        yield sorted(os.sched_getaffinity(0))
    for room in ("mnt", "net", "pid"):  # of containers
        with suppress(OSError):
            yield Path(f"/proc/self/ns/{room}").readlink()


def _files() -> Iterator[tuple[str, int, int]]:
    """When the code was changed: ours file by file, that of libraries by their folder."""
    for top, folders, names in os.walk(_PACKAGE):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if name.endswith((".py", ".json", ".npz")):
                found = Path(top, name).stat()
                yield f"{top}/{name}", found.st_mtime_ns, found.st_size
    libraries = Path(sysconfig.get_path("purelib"))
    yield str(libraries), libraries.stat().st_mtime_ns, 0


def peer(link: socket.socket) -> int | None:
    """Return the user at the other end of a socket; None where the system does not tell."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    told = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", told)[1]
