"""What one room accepts, no other fails on: a small count of benchmarks/survival.py."""

from __future__ import annotations

import sys
from random import Random

import pytest
from conftest import PARTS, ROOT

from cadcomplete import readers

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def survival():
    before = list(sys.path)
    sys.path.insert(0, str(BENCHMARKS))
    import survival

    yield survival
    sys.path[:] = before
    del sys.modules["survival"]


def test_what_prepare_accepts_passes_every_room(survival, tmp_path):
    originals = [PARTS / "flange.json", PARTS / "bracket.json"]
    survival.gather(originals, tmp_path / "source", damaged=8, seed=3)
    few = {"completed": 1, "most": 3, "export": ("json", "stl"), "full": False}
    found = survival.walk(tmp_path / "source", tmp_path, **few)
    assert found.failures == []
    for room in ("prepared", "encode", "train sample", "answers", "export"):
        assert found.counts[room] >= 5, (room, found.counts)


@pytest.mark.parametrize("number", range(5))
def test_altered_histories_can_be_read_again(survival, number):
    text = survival.altered(PARTS / "flange.json", Random(number))
    assert readers.parse(text.decode()).sequence != readers.read(PARTS / "flange.json").sequence
