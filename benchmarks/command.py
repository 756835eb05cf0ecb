"""What a command takes from its start to its answer: cold, by a process that stays, and both busy.

::

    .venv/bin/python benchmarks/command.py --runs 5

The same command again and again, cold and by a process that stays in turn, so that what else the
machine does meets both; then both again with every core kept busy by a loop. Wall seconds, and
processor seconds of all processes that took part: the command, the fork server of the CAD kernel,
its workers, and the process that stays. Medians; ratios are of medians. Answers are compared.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cadcomplete.resident import asking
from cadcomplete.resident.place import VARIABLE

ROOT = Path(__file__).resolve().parent.parent
ASKED = ("complete", str(ROOT / "examples/parts/bracket.json"), "--keep", "3", "--next")


@dataclass(frozen=True)
class Took:
    """Seconds of one command: on the wall, and of processors."""

    wall: float
    processor: float
    said: str


def command(argv: list[str], environment: dict[str, str], staying: int = 0) -> Took:
    """Run a command; with the number of a process that stays, its seconds count as well."""
    before, began = _used(staying), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "cadcomplete", *argv],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    wall = time.monotonic() - began
    _reap()
    said = re.sub(r"[\d.]+ seconds, [\d.]+ of them", "", done.stdout)
    return Took(wall, _used(staying) - before, said)


def _used(staying: int) -> float:
    """Processor seconds of all that has ended, and of a process that stays with all its own."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime + (_of(staying) if staying else 0.0)


def _of(pid: int) -> float:
    """Processor seconds of a process, those it has waited for, and the children it has."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            told = stat.read_text().rpartition(")")[2].split()
            if int(stat.parent.name) == pid:
                total += sum(map(int, told[11:15])) / os.sysconf("SC_CLK_TCK")
            elif int(told[1]) == pid:
                total += _of(int(stat.parent.name))
    return total


def _reap() -> None:
    """Wait for what a command has left: its fork server and workers end a moment later."""
    due = time.monotonic() + 3
    while time.monotonic() < due:
        with suppress(ChildProcessError):
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.02)
            continue
        return


@contextmanager
def busy() -> Iterator[None]:
    """Within the block something else keeps every core busy."""
    loop = [sys.executable, "-c", "while True: pass"]
    with ExitStack() as after:
        for _ in range(os.cpu_count() or 1):
            after.callback(subprocess.Popen(loop).kill)
        yield


def measured(runs: int, argv: list[str], environment: dict[str, str], pid: int) -> list[list[Took]]:
    """Cold ones, and those of the process that stays, in turn."""
    found: list[list[Took]] = [[], []]
    for _ in range(runs):
        found[0].append(command([*argv, "--cold"], environment))
        found[1].append(command(argv, environment, pid))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model", default="", help="free, or a folder")
    args = parser.parse_args()
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: what a command leaves becomes ours
    argv = [*ASKED, *(["--model", args.model] if args.model else []), "--time-limit", "300"]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_RUNTIME_DIR": folder, VARIABLE: "900"}
        command(argv, environment)  # leaves a process behind
        while not (told := list(asking.residents(environment))):
            time.sleep(0.2)
        pid = told[0]["pid"]
        command(argv, environment, pid)
        rows = measured(args.runs, argv, environment, pid)
        with busy():
            rows += measured(args.runs, argv, environment, pid)
        answered = next(iter(asking.stopped(environment)))["answered"]
    names = ("cold", "a process stays", "cold, busy", "a process stays, busy")
    print(f"{'':24}wall  to cold  to quiet  processor  to cold")
    walls = [statistics.median(t.wall for t in row) for row in rows]
    used = [statistics.median(t.processor for t in row) for row in rows]
    for i, name in enumerate(names):
        cold, quiet = i - i % 2, i % 2
        print(
            f"{name:24}{walls[i]:4.1f} {walls[i] / walls[cold]:8.2f} {walls[i] / walls[quiet]:9.2f}"
            f" {used[i]:10.2f} {used[i] / used[cold]:8.2f}"
        )
    same = len({t.said for row in rows for t in row}) == 1
    print(f"answers are the same: {same}; {answered} by the process that stays")


if __name__ == "__main__":
    main()
