"""A run is what its record says (law 16): what may continue, and what may not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import PARTS, ROOT
from test_train import configure, losses

from cadcomplete.config import load
from cadcomplete.errors import ConfigError, InputError
from cadcomplete.training import runs
from cadcomplete.training.train import last_checkpoint, train


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return train(configure(tmp_path_factory.mktemp("first")))


@pytest.fixture
def stopped(finished, tmp_path):
    """The same run as if it had been stopped after step 8."""
    folder = Path(shutil.copytree(finished, tmp_path / "run"))
    for name in runs.FINISHED:
        (folder / name).unlink()
    for path in folder.glob("checkpoint-*"):
        if path.name != "checkpoint-8":
            shutil.rmtree(path)
    return folder


def told(folder, name):
    return json.loads((folder / name).read_text())


def test_a_run_records_its_configuration_and_its_data(finished):
    record, metrics = told(finished, "run.json"), told(finished, "metrics.json")
    assert record["config"] == metrics["fingerprint"]
    assert record["data"] == metrics["data"] and list(record["data"]) == [str(PARTS)]
    assert record["changes"] == [] and record["version"] == runs.VERSION


def test_the_fingerprint_is_that_of_what_decides_a_run(tmp_path):
    first = runs.fingerprint(configure(tmp_path))
    assert runs.fingerprint(configure(tmp_path / "elsewhere")) == first
    assert runs.fingerprint(configure(tmp_path, variants=5)) != first
    assert runs.fingerprint(configure(tmp_path, train={"seed": 1})) != first


def test_a_finished_run_is_left_as_it_is(finished, tmp_path):
    folder = Path(shutil.copytree(finished, tmp_path / "run"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    said = []
    assert train(configure(tmp_path), say=said.append) == folder
    assert said == [f"this run is finished: the model is in {folder}"]
    for changed in (False, True):
        with pytest.raises(ConfigError, match=r"this run is finished.* train\.batch 4 → 2 .*name"):
            train(configure(tmp_path, train={"batch": 2}), changed=changed)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_changed_configuration_does_not_continue_in_silence(stopped, tmp_path):
    changed = configure(tmp_path, train={"epochs": 4, "log_every": 2}, variants=5)
    named = "data.variants 4 → 5, train.epochs 3.0 → 4.0, train.log_every 1 → 2"
    with pytest.raises(ConfigError, match=f"another configuration: {named}.*--continue"):
        train(changed)
    assert told(stopped, "config.json")["data"]["variants"] == 4
    train(changed, changed=True)
    assert told(stopped, "run.json")["changes"] == [{"step": 8, "changed": named.split(", ")}]
    assert told(stopped, "config.json") == changed.as_dict()
    assert changed.as_dict().items() <= told(stopped, "cadcomplete.json").items()
    assert told(stopped, "run.json")["config"] == runs.fingerprint(changed)


def test_a_run_does_not_continue_with_other_data_in_silence(stopped, tmp_path):
    record = told(stopped, "run.json")
    record["data"][str(PARTS)] = "0" * 16
    (stopped / "run.json").write_text(json.dumps(record))
    with pytest.raises(ConfigError, match=f"other data: the data in {PARTS}"):
        train(configure(tmp_path))
    train(configure(tmp_path), changed=True)
    assert told(stopped, "run.json")["changes"][0]["changed"] == [f"the data in {PARTS}"]


def test_a_run_of_another_version_does_not_continue_in_silence(stopped, tmp_path):
    (stopped / "run.json").unlink()
    with pytest.raises(ConfigError, match="begun by another version"):
        train(configure(tmp_path))
    train(configure(tmp_path), changed=True)


def test_a_run_that_continues_unchanged_is_the_same_run(finished, stopped, tmp_path):
    before = told(stopped, "run.json")
    train(configure(tmp_path))
    assert told(stopped, "run.json") == before
    assert losses(stopped) == losses(finished)


def test_a_run_of_which_nothing_was_kept_may_begin_as_another(stopped, tmp_path):
    shutil.rmtree(stopped / "checkpoint-8")
    train(configure(tmp_path, variants=2))
    assert told(stopped, "config.json")["data"]["variants"] == 2


def test_a_configuration_of_a_run_that_cannot_be_read_is_named(stopped, tmp_path):
    (stopped / "config.json").write_text("{" * 100_000)
    with pytest.raises(InputError, match=r"config\.json: not the configuration of a run"):
        train(configure(tmp_path))


# --- one writer, and Ctrl-C ---------------------------------------------------------------------


@contextmanager
def started(output):
    """A long run over the example parts in a process group of its own, ended whatever happens."""
    changes = {"train.epochs": 1000, "train.evaluate_every": 5, "output": f'"{output}"'}
    options = [o for k, v in changes.items() for o in ("--set", f"{k}={v}")]
    command = ["-m", "cadcomplete", "train", str(ROOT / "configs" / "tiny.toml"), *options]
    running = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield running
    finally:
        running.kill()


def test_ctrl_c_says_what_is_kept_and_a_second_run_says_who_writes(tmp_path):
    folder = tmp_path / "tiny"
    with started(tmp_path) as running:
        deadline = time.monotonic() + 100
        while last_checkpoint(folder) is None:
            assert time.monotonic() < deadline and running.poll() is None
            time.sleep(0.05)
        config = load(
            ROOT / "configs" / "tiny.toml",
            changes=("train.epochs=1000", "train.evaluate_every=5", f'output="{tmp_path}"'),
        )
        with pytest.raises(
            InputError, match=f"somebody writes here: train, process {running.pid} on"
        ):
            train(config)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    last = last_checkpoint(folder)
    line = f"cadcomplete: interrupted: {last} is kept: repeat the command to go on from there"
    assert said.splitlines()[-1] == line
    assert "Traceback" not in said
