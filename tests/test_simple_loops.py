"""Loops that touch themselves, as simple loops that bound the same region."""

from __future__ import annotations

import pytest

from cadcomplete.errors import BuildError
from cadcomplete.history.nesting import nesting
from cadcomplete.history.operations import Sketch
from cadcomplete.history.simple_loops import nested, simple_loops
from cadcomplete.kernel.build import build
from cadcomplete.language.lines import decode


def polygon(*corners):
    first, *others = (f"{x} {y}\n" for x, y in corners)
    return f"loop {first}" + "".join(f"line {other}" for other in others) + "close\n"


SQUARE = polygon((0, 0), (10, 0), (10, 10), (0, 10))
CASES = {
    "spikes": (
        polygon((0, 0), (0, 20), (60, 20), (60, 0), (60, 20), (60, 30), (0, 30), (0, 20)),
        600,
        1,
    ),
    "a spike that ends on the way back": (
        polygon((0, 0), (10, 0), (10, 15), (10, 10), (0, 10)),
        100,
        1,
    ),
    "a round spike": (
        "loop 0 0\nline 10 0\nline 10 5\narc 20 5 180\narc 10 5 -180\nline 10 10\nline 0 10\n"
        "close\n",
        100,
        1,
    ),
    "a slit to a hole": (
        polygon(
            (0, 0), (10, 0), (10, 10), (0, 10), (0, 5), (3, 5), (3, 7), (6, 7), (6, 3), (3, 3)
        ).replace("close\n", "line 3 5\nline 0 5\nclose\n"),
        88,
        2,
    ),
    "two squares on a line": (
        polygon(
            (0, 0), (4, 0), (4, 2), (8, 2), (8, 0), (12, 0), (12, 4), (8, 4), (8, 2), (4, 2)
        ).replace("close\n", "line 4 4\nline 0 4\nclose\n"),
        32,
        2,
    ),
    "a tooth onto the base": (polygon((0, 0), (10, 0), (10, 10), (5, 0), (0, 10)), 50, 2),
    "triangles at a point": (
        polygon((0, 0), (5, 5), (10, 0), (10, 10), (5, 5), (0, 10)),
        50,
        2,
    ),
    "a square": (SQUARE, 100, 1),
}


def loops_of(text):
    sketch = decode("sketch 0 0 0 +z +x\n" + text).operations[0]
    assert isinstance(sketch, Sketch)
    return sketch.loops


@pytest.mark.parametrize(("text", "area", "count"), CASES.values(), ids=CASES)
def test_the_region_stays_and_is_built(text, area, count):
    simple = simple_loops(loops_of(text)[0])
    assert len(simple) == count
    assert sum(loop.area for loop in simple) == pytest.approx(loops_of(text)[0].area)
    assert all(loop.closed for loop in simple)
    solid = build(decode(f"sketch 0 0 0 +z +x\n{text}extrude new to 5 0\n"))
    assert solid is not None and solid.volume == pytest.approx(5 * area)


def test_a_hole_that_touches_itself_is_cut_out():
    hole = polygon((2, 2), (4, 4), (6, 2), (6, 6), (4, 4), (2, 6))
    solid = build(decode(f"sketch 0 0 0 +z +x\n{SQUARE}{hole}extrude new to 5 0/1\n"))
    assert solid is not None and solid.volume == pytest.approx(5 * (100 - 8))


def test_what_lies_within_an_odd_number_of_loops_is_inside():
    text = "".join(f"circle 0 0 {radius}\n" for radius in (1, 4, 2, 3)) + "circle 9 0 2\n"
    assert nested(loops_of(text)) == ((1, (3,)), (2, (0,)), (4, ()))


def test_only_a_spike_bounds_nothing():
    spike = polygon((0, 0), (10, 0), (10, 5), (10, 0))
    assert simple_loops(loops_of(spike)[0]) == ()
    with pytest.raises(BuildError, match="loop 0 encloses nothing"):
        build(decode(f"sketch 0 0 0 +z +x\n{spike}extrude new to 5 0\n"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (polygon((0, 0), (10, 10), (10, 0), (0, 10)), r"\(5, 5\)"),
        (polygon((0, 0), (9, 9), (9, 0), (0, 3)), r"\(2.25, 2.25\)"),
        # A line and an arc that cross once more just beside the corner that they share.
        (
            "loop 92.5 1.27\narc 92.5 57 180.7\nline 0 57\narc 0 0 -178.6\nclose\n",
            r"\(0.\d+, 0.\d+\)",
        ),
    ],
)
def test_a_crossing_is_named_with_its_place(text, place):
    with pytest.raises(BuildError, match=f"loop 0 crosses itself at {place}"):
        build(decode(f"sketch 0 0 0 +z +x\n{text}extrude new to 5 0\n"))


def test_a_loop_belongs_to_the_smallest_one_around_it():
    loops = dict(enumerate(loops_of("".join(f"circle 0 0 {r}\n" for r in (1, 9, 4, 4)))))
    found = nesting(loops, lambda i, j: True)
    assert found.around == {1: (), 2: (1,), 3: (1,), 0: (1, 2, 3)}
    assert found.children == {0: (), 1: (2, 3), 2: (0,), 3: ()}
    assert (found.depth, found.roots) == ({0: 2, 1: 0, 2: 1, 3: 1}, (1,))
    assert nesting(loops, lambda i, j: True, alike=0.0).around[3] == (1, 2)
