"""A process that stays: the answers of a cold command, and a cold one whatever goes wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import PARTS, ROOT

import cadcomplete
from cadcomplete.errors import InputError
from cadcomplete.resident import asking, place
from cadcomplete.resident.serving import serve

ASKED = ("complete", "bracket.json", "--keep", "3", "--next", "--model", "free")
ASKED = (*ASKED, "--time-limit", "300")  # on a busy machine too
LONG = (*ASKED, "-n", "40", "--rows", "256")


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """One in which a process that stays is wanted, and its socket lies in a folder of ours."""
    own = {"XDG_RUNTIME_DIR": str(tmp_path_factory.mktemp("r")), place.VARIABLE: "60"}
    return dict(os.environ) | own | {"PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Path:
    """Where commands are given: paths are relative to it."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "bracket.json").write_bytes((PARTS / "bracket.json").read_bytes())
    return folder


def begun(environment: dict[str, str], here: Path, *argv: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cadcomplete", *argv]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=here, env=environment, text=True, **how)  # type: ignore[call-overload]


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    said, errors = process.communicate(timeout=100)
    told = [line for line in errors.splitlines() if not line.endswith("…")]  # how far it is
    return process.returncode, said, "\n".join(told)


def status(environment: dict[str, str]) -> dict[str, float]:
    found = list(asking.residents(environment))
    assert len(found) < 2
    return found[0] if found else {}


def until(true: Callable[[], object]) -> None:
    """Wait for what is going to be true."""
    due = time.monotonic() + 60
    while not true():
        assert time.monotonic() < due
        time.sleep(0.1)


@pytest.fixture(scope="module")
def cold(environment, here) -> Iterator[tuple[int, str, str]]:
    """What a cold command says; it leaves a process behind, which ends with this module."""
    answer = ended(begun(environment, here, *ASKED, "-o", "cold", "--formats", "json", "--json"))
    until(lambda: status(environment))
    yield answer
    list(asking.stopped(environment))
    until(lambda: not list(place.folder(environment).glob("*/" + asking.SOCKET)))


def timeless(said: str) -> str:
    return re.sub(r'("(?:total_)?seconds"): [\d.]+', r"\1: 0", said)


def test_its_answers_and_files_are_those_of_a_cold_command(environment, here, cold):
    before = status(environment)["answered"]
    folders = ("warm", "next")  # one each: files of the same name would be written over
    asked = [(*ASKED, "-o", folder, "--formats", "json", "--json") for folder in folders]
    twice = [begun(environment, here, *one) for one in asked]
    for folder, (code, said, errors) in zip(folders, map(ended, twice), strict=True):
        same = timeless(said).replace(f'"{folder}', '"cold').splitlines()
        both = zip_longest(same, timeless(cold[1]).splitlines())
        others = [pair for pair in both if len({*pair}) > 1]
        assert (code, others, errors) == (0, [], cold[2])
    until(lambda: status(environment)["answered"] == before + 2)
    names = sorted(path.name for path in (here / "cold").iterdir())
    assert json.loads(cold[1])["completions"] and names
    for folder in folders:
        assert sorted(path.name for path in (here / folder).iterdir()) == names
        for name in names:
            assert (here / folder / name).read_bytes() == (here / "cold" / name).read_bytes()


@pytest.mark.parametrize(
    "argv",
    [("complete", "none.json"), (*ASKED, "-n", "many"), (*ASKED[:-1], "0.01")],
    ids=["a file that is not there", "usage", "no time"],
)
def test_errors_and_exit_codes_are_those_of_a_cold_command(environment, here, cold, argv):
    before = status(environment)["pid"]
    warm = ended(begun(environment, here, *argv))
    assert warm == ended(begun(environment, here, *argv, "--cold"))
    assert warm[0] in (1, 2) and warm[2].startswith("cadcomplete: ")
    assert status(environment)["pid"] == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_one_that_is_interrupted_or_killed_is_answered_no_further(environment, here, cold, how):
    until(lambda: status(environment)["running"] == 0)
    asked = begun(environment, here, *LONG)
    until(lambda: status(environment)["running"])
    asked.send_signal(how)
    code, said, errors = ended(asked)
    assert not said
    if how is signal.SIGINT:
        assert code == 130 and errors.startswith("cadcomplete: interrupted")
    until(lambda: status(environment)["running"] == 0)


def test_one_that_is_killed_in_the_middle_of_an_answer_leaves_that_to_the_command(
    environment, here, cold
):
    until(lambda: status(environment)["running"] == 0)
    asked = begun(environment, here, *ASKED, "--json")
    until(lambda: status(environment)["running"])
    os.killpg(int(status(environment)["pid"]), signal.SIGKILL)
    # its socket is still there, and nobody listens
    assert ended(begun(environment, here, "complete", "none.json"))[0] == 2
    code, said, _ = ended(asked)
    assert code == 0 and len(json.loads(said)["completions"]) == 3
    until(lambda: status(environment))  # it has left another one behind


# --- without a process ---------------------------------------------------------------------------


@pytest.fixture
def sockets(monkeypatch) -> Iterator[Path]:
    """The folder in which this process looks for sockets; their paths may have 107 letters."""
    with TemporaryDirectory(prefix="cad") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv(place.VARIABLE, "60")
        yield place.folder(os.environ)


@pytest.fixture
def other_end(sockets) -> Iterator[Callable[[bytes], list[bytes]]]:
    """Lets something listen where a process would that stays; it says this and hangs up.

    What it has heard is in the list that is returned."""
    assert place.made(sockets)
    file = sockets / place.name_for(os.environ) / asking.SOCKET
    file.parent.mkdir()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(file))
    listener.listen()
    threads = []

    def listening(answer: bytes) -> list[bytes]:
        heard: list[bytes] = []

        def answer_one() -> None:
            link, _ = listener.accept()
            with link:
                question = b""
                while not question.endswith(b"\n"):
                    question += link.recv(1 << 16)
                heard.append(question)
                link.sendall(answer)

        threads.append(threading.Thread(target=answer_one))
        threads[-1].start()
        return heard

    yield listening
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    listener.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b'{"began": true}\n',
        b'{"began": true}\n{"said": "half of',
        b"nonsense\n",
        b"[]\n",
        b'{"code": "no"}\n',
    ],
)
def test_one_that_ends_early_or_talks_nonsense_leaves_it_all_to_the_command(other_end, answer):
    heard = other_end(answer)
    assert asking.handed_over(ASKED, time.monotonic()) is None
    question = json.loads(heard[0])
    assert (question["argv"], question["cwd"]) == (list(ASKED), str(Path.cwd()))


def test_what_it_says_and_its_code_are_the_commands(other_end):
    other_end(b'{"began": true}\n{"said": "\\u00d8 1\\n"}\n{"lives": true}\n{"code": 3}\n')
    assert asking.handed_over(ASKED, time.monotonic()) == (3, "Ø 1\n".encode())


def test_one_that_does_not_answer_is_not_waited_for(other_end, monkeypatch, sockets):
    monkeypatch.setattr(asking, "_BEGINS", 0.3)
    began = time.monotonic()
    assert asking.handed_over(ASKED, began) is None  # nobody accepts
    assert time.monotonic() - began < 5


def test_another_user_is_not_asked(other_end, monkeypatch):
    monkeypatch.setattr(asking, "peer", lambda _: os.getuid() + 1)
    assert asking.handed_over(ASKED, time.monotonic()) is None


def test_the_user_at_the_other_end_is_known():
    one, other = socket.socketpair()
    with one, other:
        assert place.peer(one) in (os.getuid(), None)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o500])
def test_a_folder_that_others_may_enter_is_not_used(sockets, mode):
    sockets.mkdir(mode=0o700)
    assert place.is_ours(sockets)
    sockets.chmod(mode)
    assert not place.is_ours(sockets) and not place.made(sockets)
    assert asking.handed_over(ASKED, time.monotonic()) is None


def test_a_link_to_a_folder_is_not_used(sockets, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    sockets.symlink_to(tmp_path / "elsewhere")
    assert not place.made(sockets)


def test_where_no_folder_can_be_made_nothing_is_started_and_nothing_said(sockets, capfd):
    sockets.write_text("in the way")
    asking.start_another(ASKED, os.environ)
    assert asking.handed_over(ASKED, time.monotonic()) is None
    assert capfd.readouterr() == ("", "")
    serve(sockets / "name" / asking.SOCKET, 1.0, lambda: float)  # comes back at once


def test_where_a_socket_would_have_too_long_a_name_there_is_none(sockets):
    assert place.made(sockets)
    with pytest.raises(OSError, match="too long"):
        serve(sockets / ("n" * 120) / asking.SOCKET, 1.0, lambda: float)
    assert not list(sockets.iterdir())


@pytest.mark.parametrize(
    ("argv", "variable"),
    [
        (ASKED, ""),  # and no terminal
        (ASKED, "off"),
        (("inspect", "bracket.json"), "60"),
        ((*ASKED, "--cold"), "60"),
        (("complete", "--help"), "60"),
        ((), "60"),
    ],
)
def test_it_is_not_started_unasked(sockets, monkeypatch, argv, variable):
    monkeypatch.setenv(place.VARIABLE, variable)
    asking.start_another(argv, os.environ)
    assert not sockets.exists()


def test_the_variable_is_off_or_seconds(sockets, monkeypatch):
    assert place.idle_seconds({}) is None
    assert place.idle_seconds({place.VARIABLE: "off"}) == 0.0
    assert place.idle_seconds({place.VARIABLE: "1.5"}) == 1.5
    for wrong in ("on", "0", "-1", "nan", "inf", "1e9"):
        with pytest.raises(InputError, match="at CADCOMPLETE_RESIDENT: no such time"):
            place.idle_seconds({place.VARIABLE: wrong})


def test_what_decides_about_an_answer_decides_about_its_process(monkeypatch):
    own = {"HOME": "/home", "EDITOR": "vi", place.VARIABLE: "5"}
    name = place.name_for(own)
    assert place.name_for(own | {"EDITOR": "nano", place.VARIABLE: "9"}) == name
    for variable in ("OMP_NUM_THREADS", "PYTHONPATH", "LANG", "CADCOMPLETE_DEBUG", "HOME"):
        assert place.name_for(own | {variable: "other"}) != name
    monkeypatch.setattr(cadcomplete, "__version__", "0.0.0")
    assert place.name_for(own) != name


def test_code_that_was_changed_has_another_process(monkeypatch, tmp_path):
    (tmp_path / "code.py").write_text("1")
    monkeypatch.setattr(place, "_PACKAGE", tmp_path)
    before = place.name_for({})
    (tmp_path / "code.py").write_text("22")
    assert place.name_for({}) != before


def test_it_ends_when_nobody_asks_and_another_one_does_not_begin(sockets, monkeypatch):
    assert place.made(sockets)
    file = sockets / "name" / asking.SOCKET
    code = (
        "import sys; from pathlib import Path; from cadcomplete.resident.serving import serve; "
        "serve(Path(sys.argv[1]), float(sys.argv[2]), lambda: float)"
    )
    command = [sys.executable, "-c", code, str(file)]
    first = subprocess.Popen([*command, "3"])
    until(file.exists)
    with pytest.raises(InputError, match="somebody writes here: commands are answered"):
        serve(file, 1.0, lambda: float)
    assert first.wait(60) == 0
    assert not list(sockets.iterdir())


def test_the_command_line_tells_of_them(sockets, monkeypatch, capsys):
    from cadcomplete.cli.app import main

    for argv, said in (
        (["resident"], "no process stays\n"),
        (["resident", "stop", "--json"], '{\n "residents": []\n}\n'),
    ):
        monkeypatch.setattr(sys, "argv", ["cadcomplete", *argv])
        with pytest.raises(SystemExit) as left:
            main()
        assert (left.value.code, capsys.readouterr().out) == (0, said)
    monkeypatch.setattr(sys, "argv", ["cadcomplete", "resident", "start"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "expected status, stop, got start" in capsys.readouterr().err
