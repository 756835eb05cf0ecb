"""Synthetic parts whose repetitions are said by mirrors and patterns: the same solids."""

from __future__ import annotations

import pytest

from cadcomplete.data import synthetic
from cadcomplete.data.synthetic import patterned_parts
from cadcomplete.data.synthetic.repeating import patterned
from cadcomplete.errors import UnsupportedError
from cadcomplete.history.patterns import PATTERNS, LinearPattern, Mirror, PolarPattern
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes.manifolds import iou, solid

PLATE = (
    "sketch 0 0 0 +z +x\nloop 0 0\nline 90 0\nline 90 70\nline 0 70\nclose\nextrude new to 8 0\n"
)


def holed(circles: list[tuple[float, float]], radius: float = 3.0) -> CadSequence:
    """A plate with holes, all drawn in one sketch."""
    drawn = "".join(f"circle {x} {y} {radius}\n" for x, y in circles)
    words = " ".join(map(str, range(len(circles))))
    return decode(f"{PLATE}sketch 0 0 8 +z +x\n{drawn}extrude cut to 0 {words}\n")


X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("circles", "said"),
    [
        ([(10, 10), (80, 10)], [Mirror(X, 45.0, (3,))]),
        (
            [(10, 10), (80, 10), (10, 60), (80, 60)],
            [Mirror(X, 45.0, (3,)), Mirror(Y, 35.0, (4, 3))],
        ),
        ([(10, 10), (25, 10), (40, 10), (55, 10)], [LinearPattern(X, 15.0, 4, (3,))]),
        (
            [(10 + 20 * i, 10 + 15 * j) for j in range(3) for i in range(4)],
            [LinearPattern(X, 20.0, 4, (3,)), LinearPattern(Y, 15.0, 3, (4, 3))],
        ),
        (
            [(60, 35), (45, 50), (30, 35), (45, 20)],
            [PolarPattern(Z, (45.0, 35.0, 8.0), 4, 360.0, (3,))],
        ),
        ([(10, 10), (25, 10), (41, 10)], []),
        (
            [(10, 10), (80, 12)],
            [LinearPattern((70 / 4904**0.5, 2 / 4904**0.5, 0.0), 70.028566, 2, (3,))],
        ),
    ],
)
def test_what_repeats_is_drawn_once(circles, said):
    part = holed(circles)
    again = patterned(part)
    found = [op for op in again.operations if isinstance(op, PATTERNS)]
    assert [type(op) for op in found] == [type(op) for op in said]
    drawn = again.operations[:4]
    assert encode(CadSequence((*drawn, *found))).text == encode(CadSequence((*drawn, *said))).text
    assert iou(solid(again), solid(part)) > 0.9999
    assert validate(again) == ()


def test_other_shapes_are_not_turned_or_mirrored():
    """A triangle to the right of another is the same one shifted."""
    drawn = "".join(f"loop {x} 10\nline {x + 8} 10\nline {x} 16\nclose\n" for x in (10, 50))
    part = decode(f"{PLATE}sketch 0 0 8 +z +x\n{drawn}extrude join to 12 0 1\n")
    again = patterned(part)
    assert again.operations[-1] == LinearPattern(X, 40.0, 2, (3,))
    assert iou(solid(again), solid(part)) > 0.9999


def test_a_sketch_that_is_used_again_stays_as_it_is():
    part = holed([(10, 10), (80, 10)])
    twice = decode(encode(part).text + "extrude join to 10 0 1\n")
    assert patterned(twice) == twice


def test_synthetic_parts_stay_the_same_parts():
    parts = [synthetic.generate(number, seed=3) for number in range(150)]
    said = [patterned(part) for part in parts]
    more = [len(b) - len(a) for a, b in zip(parts, said, strict=True)]
    kinds = {type(op) for part in said for op in part.operations if isinstance(op, PATTERNS)}
    assert sum(map(bool, more)) >= 15 and kinds == set(PATTERNS)
    for a, b in zip(parts, said, strict=True):
        assert [f for f in validate(b) if f.severity == "error"] == []
        assert decode(encode(b).text) == decode(encode(decode(encode(b).text)).text)
        if a != b:
            assert iou(solid(a), solid(b)) > 0.999, a.id


def test_only_parts_in_which_something_repeats_are_yielded():
    found = list(patterned_parts(60, seed=1))
    assert found
    assert all(any(isinstance(op, PATTERNS) for op in part.operations) for part in found)


def test_what_has_patterns_already_is_refused_by_name():
    part = patterned(holed([(10, 10), (80, 10)]))
    with pytest.raises(UnsupportedError, match=r"Mirror"):
        patterned(part)
