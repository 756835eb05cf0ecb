"""Damaged files of every kind that is read: a small count of benchmarks/damage.py."""

from __future__ import annotations

import sys

import pytest
from conftest import ROOT

COUNTS = {"json": 80, "scripts": 120, "texts": 80, "vectors": 80, "freecad": 120}


@pytest.fixture(scope="module")
def damage():
    before = list(sys.path)
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import damage

    yield damage
    sys.path[:] = before
    del sys.modules["damage"]


@pytest.mark.parametrize("kind", COUNTS)
def test_a_damaged_file_is_refused_in_one_line_or_read_and_written_again(damage, kind, tmp_path):
    found, wrong, _ = damage.damage(kind, range(COUNTS[kind]), tmp_path)
    assert wrong == []
    assert found["refused"] > 0
    assert found["read"] + found["ends early"] > 0


def test_what_is_not_sound_is_told(damage, tmp_path, monkeypatch):
    monkeypatch.setitem(damage.KINDS, "broken", lambda choose: (".json", None))
    _, wrong, _ = damage.damage("broken", range(1), tmp_path)
    assert wrong[0].startswith("broken 0: TypeError")
