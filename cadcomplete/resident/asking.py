"""The command's side: it hands itself over to a resident process, or runs cold.

Whatever goes wrong with that process, the answer is None, and the command does it all itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cadcomplete.resident.place import IDLE, folder, idle_seconds, is_ours, made, name_for, peer

COMMANDS = ("complete",)
"""What is handed over: that which takes longer to import than to answer."""

COLD = "--cold"

_BEGINS = 3.0
"""Seconds within which it has to begin; one that is stopped or stuck does not."""

_LIVES = 10.0
"""Seconds within which it has to say that it is still there, which it does every second."""

SOCKET = "socket"
"""The name of a socket in the folder of its process."""


def handed_over(argv: Sequence[str], started: float) -> tuple[int, bytes] | None:
    """Let a resident process do a command that was `started` then.

    Return its exit code and what it says; its errors and what it reads are those of this process.
    None if it was not done, and is to be done cold. Raises InputError for a variable that makes no
    sense, KeyboardInterrupt for a Ctrl-C that the other one has not heard.
    """
    if not _may_be(argv) or idle_seconds(os.environ) == 0.0:
        return None
    sockets = folder(os.environ)
    if not is_ours(sockets):
        return None
    link = _connected(sockets / name_for(os.environ) / SOCKET)
    if link is None:
        return None
    with link:
        return _answered(link, argv, started)


def start_another(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Start a resident process after a command that was done cold, where that is wanted.

    It is where a person sits at a terminal, or `VARIABLE` says for how long it may be idle. The
    `environment` is that in which the command began; it may have changed its own since.
    """
    if not _may_be(argv):
        return
    wanted = idle_seconds(environment)
    if wanted is None and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        wanted = IDLE
    sockets = folder(environment)
    if not wanted or not made(sockets):
        return
    file = sockets / name_for(environment) / SOCKET
    if (link := _connected(file)) is not None:
        link.close()
        return
    root = str(Path(__file__).resolve().parent.parent.parent)
    found = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    with suppress(OSError):
        subprocess.Popen(
            [sys.executable, *flags, "-m", "cadcomplete.cli.staying", str(file), str(wanted)],
            env={**environment, "PYTHONPATH": found},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )


def residents(environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield what the processes of this user tell of themselves."""
    return _each(environment, {"ask": "status"})


def stopped(environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """End all resident processes of this user, and yield what each tells; answers are finished."""
    return _each(environment, {"ask": "stop"})


def _each(environment: Mapping[str, str], question: dict[str, Any]) -> Iterator[dict[str, Any]]:
    place = folder(environment)
    for file in sorted(place.glob(f"*/{SOCKET}")) if is_ours(place) else ():
        if (link := _connected(file)) is None:
            continue
        with link, suppress(OSError, ValueError):
            link.sendall(json.dumps(question).encode() + b"\n")
            yield next(_lines(link))


def _may_be(argv: Sequence[str]) -> bool:
    alone = COLD not in argv and "--help" not in argv
    return alone and bool(argv) and argv[0] in COMMANDS and hasattr(socket, "send_fds")


def _connected(file: Path) -> socket.socket | None:
    """A socket to the process of this user there, if there is one."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(_BEGINS)
    try:
        link.connect(str(file))
        if peer(link) in (os.getuid(), None):
            return link
    except OSError:
        pass  # nobody is there any more, or it does not listen
    link.close()
    return None


def _answered(link: socket.socket, argv: Sequence[str], started: float) -> tuple[int, bytes] | None:
    """Ask, and wait for the answer: see `handed_over`."""
    said = bytearray()
    with _passed_on(link) as interrupted:
        try:
            _ask(link, argv, started)
            for told in _lines(link):
                link.settimeout(_LIVES)
                said += told.get("said", "").encode("utf-8", "surrogateescape")
                if (code := told.get("code")) is not None:
                    return int(code), bytes(said)
        except (OSError, ValueError, AttributeError, TypeError):
            pass  # it is gone, or it talks nonsense
        if interrupted:
            raise KeyboardInterrupt
    return None


def _ask(link: socket.socket, argv: Sequence[str], started: float) -> None:
    """Say what is to be done, and hand over what is read and where errors go."""
    mask = os.umask(0)
    os.umask(mask)
    question = {
        "ask": "command",
        "argv": list(argv),
        "cwd": str(Path.cwd()),
        "environment": dict(os.environ),
        "started": started,
        "umask": mask,
    }
    data = json.dumps(question).encode() + b"\n"
    sent = socket.send_fds(link, [data], [0, 2])
    if sent < len(data):  # else nobody need be there any more
        link.sendall(data[sent:])


@contextmanager
def _passed_on(link: socket.socket) -> Iterator[list[int]]:
    """Within the block Ctrl-C interrupts the process that answers; a second one leaves it."""
    interrupted: list[int] = []

    def hear(number: int, _: object) -> None:
        interrupted.append(number)
        if len(interrupted) > 1:
            link.close()
            raise KeyboardInterrupt
        with suppress(OSError):
            link.sendall(b'{"ask": "interrupt"}\n')

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _lines(link: socket.socket) -> Iterator[dict[str, Any]]:
    """The objects that come, a line each. Raises ValueError for what is none."""
    rest = b""
    while data := link.recv(1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        yield from (json.loads(line) for line in lines)
