"""The process that stays: for each command it forks one that does it, as a cold one would.

Nothing of a command is left behind in it: each begins from the same state, with all modules there
and the fork server of the CAD kernel running, so its answer is that of a cold one to the byte.
Beside the one that does a command there is one that watches: it passes on what is said, interrupts
it when that is asked for, and ends it when nobody waits any longer.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from cadcomplete.kernel import contain
from cadcomplete.locks import writing_alone
from cadcomplete.model.threads import one_thread
from cadcomplete.resident.place import is_ours, peer

Doing = Callable[[float], object]
"""What does a command that began then, and ends its process."""

_LONGEST = 1 << 24  # bytes of a question
_PATIENCE = 5.0  # seconds until a question has come, and for a command that is to end


def serve(file: Path, idle: float, prepare: Callable[[], Doing]) -> None:
    """Answer at a socket until nobody has asked for so many seconds, or somebody says stop.

    `prepare` gets ready for commands, and returns what does that of `sys.argv` and ends;
    it hears when the command began.

    Raises InputError if another one does so already, or nothing can be written there, OSError where
    there can be no socket.
    """
    if not is_ours(file.parent.parent):
        return
    with writing_alone(file.parent, "commands are answered"):
        one_thread()
        contain.serve_forks()
        do = prepare()
        file.unlink(missing_ok=True)  # of one that was killed
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(file))
            listener.listen(16)
            own = file.stat()
            try:
                _listen(listener, file, own, idle, do)
            finally:
                if _is_still(file, own):
                    file.unlink()
    with suppress(OSError):  # another one has begun
        file.parent.rmdir()


class _Commands:
    """Those that are done now, and what is known of those that were.

    Attributes:
        children: processes that watch; some of them only tell how things are.
        running: those of them that watch a command, and have said so.
        saying: where they do.
    """

    def __init__(self) -> None:
        self.children: set[int] = set()
        self.running: set[int] = set()
        self.answered, self.began = 0, time.monotonic()
        self.last = self.began
        self._heard, self.saying = os.pipe()
        os.set_blocking(self._heard, False)

    def look(self) -> None:
        """See which have begun, and which have ended."""
        waited = [os.waitpid(child, os.WNOHANG) for child in self.children]
        with suppress(BlockingIOError):
            said = os.read(self._heard, 1 << 16)
            self.running.update(number for (number,) in struct.iter_unpack("i", said))
        for child, how in waited:
            self.children.discard(child)
            if child in self.running:
                self.running.discard(child)
                self.answered += os.waitstatus_to_exitcode(how) == 0
                self.last = time.monotonic()

    def told(self, idle: float) -> dict[str, Any]:
        now = time.monotonic()
        return {
            "pid": os.getpid(),
            "seconds": round(now - self.began, 1),
            "answered": self.answered,
            "running": len(self.running),
            "idle": 0.0 if self.running else round(now - self.last, 1),
            "idle_limit": idle,
        }


def _listen(
    listener: socket.socket, file: Path, own: os.stat_result, idle: float, do: Doing
) -> None:
    """Fork for everybody who comes, until it is time to end."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()  # else the next collection copies all pages that are shared
    commands = _Commands()
    listener.settimeout(min(1.0, idle))
    while not stopped and (commands.children or time.monotonic() - commands.last < idle):
        if not _is_still(file, own):  # somebody has cleared the folder: nobody would find it
            return
        with suppress(TimeoutError):
            link, _ = listener.accept()
            with link:
                commands.look()
                about = commands.told(idle)
                contain.serve_forks()  # again, if it was killed
                child = os.fork()
                if child == 0:
                    listener.close()
                    _watch(link, about, commands.saying, do)
                commands.children.add(child)
        commands.look()


def _is_still(file: Path, own: os.stat_result) -> bool:
    try:
        return os.path.samestat(file.stat(), own)
    except OSError:
        return False


def _watch(link: socket.socket, about: dict[str, Any], saying: int, do: Doing) -> NoReturn:
    """Answer one who has come, and end this process: with 0 if a command was done."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if peer(link) in (os.getuid(), None):
            code = _heard(link, about, saying, do)
    except (OSError, ValueError, LookupError, TypeError):
        pass  # whoever asked is gone, or asks nonsense
    finally:
        os._exit(code)


def _heard(link: socket.socket, about: dict[str, Any], saying: int, do: Doing) -> int:
    link.settimeout(_PATIENCE)
    data, handles, _, _ = socket.recv_fds(link, 1 << 16, 2)
    while not data.endswith(b"\n") and len(data) < _LONGEST:
        if not (more := link.recv(1 << 16)):
            return 1
        data += more
    question = json.loads(data)
    if question["ask"] == "status":
        link.sendall(json.dumps(about).encode() + b"\n")
        return 0
    if question["ask"] == "stop":
        os.kill(os.getppid(), signal.SIGTERM)
        link.sendall(json.dumps(about).encode() + b"\n")
        return 0
    os.write(saying, struct.pack("i", os.getpid()))
    return _done(link, question, handles, do)


def _done(link: socket.socket, question: dict[str, Any], handles: list[int], do: Doing) -> int:
    """Let a process do the command; tell what it says, and how it ended."""
    link.sendall(b'{"began": true}\n')
    said = os.memfd_create("said") if hasattr(os, "memfd_create") else _file()
    alive, dying = os.pipe()
    child = os.fork()
    if child == 0:
        link.close()
        os.close(alive)
        _become(question, (handles[0], said, handles[1]), do)
    os.close(dying)
    for handle in handles:
        os.close(handle)
    try:
        while not _is_over(link, alive, child):
            link.sendall(b'{"lives": true}\n')
    except OSError:  # nobody waits any longer
        _end(child, alive)
        return 1
    _, ended, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(ended)
    if code < 0:  # killed: whoever asked does it all again
        return 1
    os.lseek(said, 0, os.SEEK_SET)
    while data := os.read(said, 1 << 15):
        text = data.decode("ascii", "surrogateescape")  # each byte by itself
        link.sendall(json.dumps({"said": text}).encode() + b"\n")
    last = {"code": code, "processor_seconds": round(used.ru_utime + used.ru_stime, 3)}
    link.sendall(json.dumps(last).encode() + b"\n")
    return 0


def _is_over(link: socket.socket, alive: int, child: int) -> bool:
    """Wait a second at most; whether the command is done. Raises OSError if nobody waits."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(link, selectors.EVENT_READ)
        waiting.register(alive, selectors.EVENT_READ)
        ready = {key.fd for key, _ in waiting.select(1.0)}
    if alive in ready:
        return True
    if link.fileno() in ready:
        if not link.recv(1 << 10):
            raise BrokenPipeError
        os.kill(child, signal.SIGINT)
    return False


def _end(child: int, alive: int) -> None:
    """Interrupt a command, so that it stops its workers; then kill it."""
    os.kill(child, signal.SIGINT)
    with selectors.DefaultSelector() as waiting:
        waiting.register(alive, selectors.EVENT_READ)
        waiting.select(_PATIENCE)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _become(question: dict[str, Any], handles: tuple[int, int, int], do: Doing) -> NoReturn:
    """Become what a cold process would be, and do the command."""
    try:
        _die_with_parent()
        for place, handle in enumerate(handles):
            os.dup2(handle, place)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(question["environment"])
        os.umask(question["umask"])
        os.chdir(question["cwd"])
        sys.argv = ["cadcomplete", *question["argv"]]
        contain.use_forks_of_parent()
        do(float(question["started"]))
    finally:  # whatever it was, this process is over
        os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _die_with_parent() -> None:
    """Let the system end this process when the one that watches it is killed."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _file() -> int:
    """A file without a name, where memory cannot be one."""
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
