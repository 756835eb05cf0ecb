"""The grid of benchmarks/small_models.py keeps parts what they are, but for their numbers."""

from __future__ import annotations

import dataclasses
import sys

import pytest
from conftest import ROOT

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Arc, Circle
from cadcomplete.history.operations import Loop, Sketch
from cadcomplete.history.sequence import CadSequence, validate

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def grid():
    sys.path.insert(0, str(BENCHMARKS))
    import grid

    yield grid
    sys.path.remove(str(BENCHMARKS))
    del sys.modules["grid"]


@pytest.fixture
def made(grid, example_sequences):
    """The example parts that fit their grids, exact and rounded."""
    pairs = []
    for exact in example_sequences:
        try:
            pairs.append((exact, grid.on_grid(exact)))
        except GeometryError:
            continue
    assert pairs
    return pairs


def curves(sequence):
    sketches = [operation for operation in sequence.operations if isinstance(operation, Sketch)]
    return [curve for sketch in sketches for loop in sketch.loops for curve in loop.curves]


def drawn(sketch, *loops):
    return CadSequence((dataclasses.replace(sketch, loops=tuple(Loop((c,)) for c in loops)),))


@pytest.fixture
def sketch(example_sequences):
    """A sketch whose plane goes through the origin, to draw other loops in."""
    found = next(op for op in example_sequences[0].operations if isinstance(op, Sketch))
    return dataclasses.replace(found, plane=dataclasses.replace(found.plane, origin=(0, 0, 0)))


def test_all_lengths_become_whole_numbers_up_to_128(grid, made):
    for _, rounded in made:
        lengths = list(grid.lengths(rounded))
        assert all(value == round(value) for value in lengths)
        assert max(map(abs, lengths)) == 128


def test_what_is_on_the_grid_stays_as_it_is(grid, made):
    for _, rounded in made:
        assert grid.on_grid(rounded) == rounded


def test_every_length_is_off_by_half_a_step_at_most(grid, made):
    for exact, rounded in made:
        step = 1 / grid.factor(exact)
        pairs = zip(grid.lengths(exact), grid.lengths(rounded), strict=True)
        assert all(abs(a - b * step) <= step / 2 + 1e-4 for a, b in pairs)


def test_curves_keep_their_kinds_and_loops_stay_closed(made):
    for exact, rounded in made:
        assert list(map(type, curves(exact))) == list(map(type, curves(rounded)))
        assert not [f for f in validate(rounded) if f.severity == "error"]


def test_an_arc_turns_by_whole_degrees(grid, sketch):
    (arc,) = curves(grid.on_grid(drawn(sketch, Arc.from_sweep((100, 0), (0, 100), 90.3))))
    assert arc.sweep == pytest.approx(90)
    assert (arc.start, arc.end) == ((128, 0), (0, 128))


def test_a_circle_smaller_than_half_a_step_collapses(grid, sketch):
    part = drawn(sketch, Circle((100, 0), 20), Circle((0, 0), 0.3))
    with pytest.raises(GeometryError, match="no radius on the grid"):
        grid.on_grid(part)
