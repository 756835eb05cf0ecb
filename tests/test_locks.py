"""One writer at a time: who holds a folder is told, and a dead process holds nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from conftest import ROOT

from cadcomplete import locks
from cadcomplete.errors import InputError
from cadcomplete.locks import writing_alone

HOLD = """
import os, sys
from pathlib import Path
from cadcomplete.locks import writing_alone
with writing_alone(Path(sys.argv[1]), "train"):
    if sys.argv[2] == "fork" and os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(folder, how="alone"):
    """Start a process that holds the lock of a folder until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_is_told_who_holds_the_folder_and_since_when(tmp_path):
    other = hold(tmp_path / "run")
    who = rf"train, process {other.pid} on {re.escape(socket.gethostname())}, since \d{{4}}-"
    with pytest.raises(InputError, match=who), writing_alone(tmp_path / "run", "prepare"):
        pass
    other.communicate()
    with writing_alone(tmp_path / "run", "prepare"):
        assert json.loads((tmp_path / "run" / ".lock").read_text())["pid"] == os.getpid()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("how", ["alone", "fork"])
def test_the_lock_of_a_process_that_was_killed_is_taken_over(tmp_path, how):
    other = hold(tmp_path, how)
    os.kill(other.pid, signal.SIGKILL)
    other.wait()  # with "fork" a child of it still lives, as workers do for some seconds
    assert json.loads((tmp_path / ".lock").read_text())["pid"] == other.pid
    with writing_alone(tmp_path, "train"):
        assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()
    other.communicate()


def test_a_process_does_not_write_twice_at_once_either(tmp_path):
    with writing_alone(tmp_path, "train"):
        for _ in range(2):  # being refused does not free what is held
            with pytest.raises(InputError, match="this process"), writing_alone(tmp_path, "train"):
                pass
        child = multiprocessing.get_context("spawn").Process(target=_refused, args=(tmp_path,))
        child.start()
        child.join()
        assert child.exitcode == 0


def _refused(folder):
    with pytest.raises(InputError, match="somebody writes here"), writing_alone(folder, "train"):
        pass


def test_of_many_who_begin_at_once_one_writes_at_a_time(tmp_path):
    context = multiprocessing.get_context("fork")
    inside, most = context.Value("i", 0), context.Value("i", 0)

    def compete():
        done = 0
        while done < 20:
            try:
                with writing_alone(tmp_path / "run", "train"):
                    with inside.get_lock():
                        inside.value += 1
                        most.value = max(most.value, inside.value)
                    done += 1
                    with inside.get_lock():
                        inside.value -= 1
            except InputError:
                pass

    racing = [context.Process(target=compete) for _ in range(4)]
    for process in racing:
        process.start()
    for process in racing:
        process.join(60)
    assert [process.exitcode for process in racing] == [0] * 4
    assert most.value == 1


@pytest.mark.parametrize(
    ("holder", "may_live"),
    [
        ({}, False),
        ({"pid": os.getpid(), "host": socket.gethostname()}, True),
        ({"pid": 2**22 + 1, "host": socket.gethostname()}, False),  # above the largest of Linux
        ({"pid": 1, "host": "another"}, True),
    ],
)
def test_where_a_file_system_has_no_locks_the_file_itself_is_asked(holder, may_live):
    assert locks._may_live(holder) == may_live


def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot write"), writing_alone(tmp_path / "file", "train"):
        pass
