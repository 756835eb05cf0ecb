"""Synthetic parts: the same everywhere, no two alike, all of them valid, made with numpy alone."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadcomplete.data import synthetic
from cadcomplete.data.synthetic.dice import Dice, Ruler, coarse, unround
from cadcomplete.data.synthetic.outlines import (
    Disc,
    link,
    mirrored,
    moved,
    rectangle,
    rounded,
    scallops,
    slot,
    teeth,
    tombstone,
    turned,
)
from cadcomplete.data.synthetic.part import AxisFrame, X, Y, _curves
from cadcomplete.history.curves import Circle
from cadcomplete.history.operations import Boolean, Extrude, Loop, Sketch
from cadcomplete.history.sequence import validate
from cadcomplete.kernel.examine import examine
from cadcomplete.language.lines import decode, encode

numbers = st.integers(0, 10**12)


@pytest.fixture(scope="module")
def many():
    return list(synthetic.parts(3000))


def area(path):
    return Loop(_curves(path)).area


def test_a_number_gives_the_same_part_in_any_order():
    forwards = [synthetic.generate(n) for n in range(20)]
    assert [synthetic.generate(n) for n in reversed(range(20))][::-1] == forwards
    assert list(synthetic.parts(10, start=10)) == forwards[10:]
    assert forwards[12].id == "synthetic/0/00000012"


def test_another_seed_gives_other_parts():
    texts = {encode(synthetic.generate(7, seed=seed)).text for seed in (-1, 0, 1, 2**70)}
    assert len(texts) == 4


def test_the_parts_are_those_of_every_machine():
    text = "".join(encode(part).text for part in synthetic.parts(200))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "978e1cbb4670d325"  # when last changed


def test_the_texts_of_8000_parts_are_all_different():
    texts = {hash(encode(part).text) for part in synthetic.parts(8_000, seed=1)}
    assert len(texts) == 8_000


def test_unround_numbers_do_not_repeat_before_all_codes_were_used():
    assert math.gcd(synthetic._STEP, synthetic._CODES) == 1
    codes = {1 + n * synthetic._STEP % synthetic._CODES for n in range(50_000)}
    assert len(codes) == 50_000
    assert unround(24.9, 581_072) == 24.581072


def test_only_numpy_is_needed():
    code = (
        "import sys; before = set(sys.modules)\n"
        "from cadcomplete.data import synthetic; synthetic.generate(1)\n"
        "names = {m.split('.')[0] for m in set(sys.modules) - before}\n"
        "print(*sorted(names - sys.stdlib_module_names - {'cadcomplete', 'numpy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@given(numbers, st.integers(-5, 5))
def test_nothing_is_wrong_with_a_part_and_its_text_tells_it(number, seed):
    part = synthetic.generate(number, seed=seed)
    assert not validate(part)
    text = encode(part).text
    assert encode(decode(text)).text == text
    assert len(decode(text)) == len(part)


def test_loops_run_as_in_the_real_files(many):
    """Outer loops counter-clockwise, others clockwise, from the leftmost, lowest point on."""
    for part in many:
        profiles = [p for op in part.operations if isinstance(op, Extrude) for p in op.profiles]
        outer = {(p.sketch, p.outer) for p in profiles}
        for index, op in enumerate(part.operations):
            for number, loop in enumerate(op.loops if isinstance(op, Sketch) else ()):
                if not isinstance(loop.curves[0], Circle):
                    assert loop.start == min(curve.start for curve in loop.curves)
                    assert (loop.area > 0) == ((index, number) in outer)


def test_the_first_extrude_makes_a_body_and_all_kinds_follow(many):
    booleans = Counter()
    for part in many:
        first, *later = [op for op in part.operations if isinstance(op, Extrude)]
        assert first.boolean is Boolean.NEW_BODY
        booleans.update(op.boolean for op in later)
    assert set(booleans) == set(Boolean)


def test_every_sketch_is_used(many):
    for part in many:
        used = {p.sketch for op in part.operations if isinstance(op, Extrude) for p in op.profiles}
        drawn = {i for i, op in enumerate(part.operations) if isinstance(op, Sketch)}
        assert used == drawn


def test_every_family_appears():
    counts = Counter(synthetic.family_of(n) for n in range(3000))
    assert set(counts) == set(synthetic.FAMILIES)
    assert len(synthetic.FAMILIES) >= 21


def test_most_parts_have_few_operations_and_some_many(many):
    extrudes = [sum(isinstance(op, Extrude) for op in part.operations) for part in many]
    assert abs(sum(n == 1 for n in extrudes) / len(many) - 0.54) < 0.04  # 0.534 of the real ones
    assert max(extrudes) >= 10


def test_parts_build_to_valid_solids_and_every_extrude_changes_something():
    valid = [examine(part, strict_from=0).report.valid for part in synthetic.parts(150, seed=4)]
    assert sum(valid) >= 147  # 98 %


# --- outlines and numbers -----------------------------------------------------------------------


def test_outlines_have_the_areas_of_the_formulas():
    assert area(slot(30, 10)) == pytest.approx(20 * 10 + 25 * math.pi)
    assert area(tombstone(10, 20)) == pytest.approx(10 * 15 + 12.5 * math.pi)
    assert area(rounded(rectangle(40, 20), (3,))) == pytest.approx(800 - (4 - math.pi) * 9)
    # A hull of two discs: two tangent lines of √(d² - (R - r)²), and the parts of both discs.
    tilt, tangent = math.acos(4 / 20), math.sqrt(20**2 - 4**2)
    hull = tangent * (6 + 2) + (math.pi - tilt) * 6**2 + tilt * 2**2
    assert area(link(20, 6, 2)) == pytest.approx(hull)


def test_wheels_lie_between_their_circles():
    wheel = area(teeth(20, 18, 20, foot=0.6, top=0.3, arcs=True))
    assert math.pi * 18**2 < wheel < math.pi * 20**2
    assert 0 < area(scallops(8, 20, 2)) < math.pi * 20**2


@given(st.floats(-360, 360), st.floats(-50, 50), st.floats(-50, 50))
def test_moving_an_outline_keeps_its_area(degrees, dx, dy):
    path = rounded([(0, 0, 0), (30, 0, 0), (30, 10, 0), (8, 10, 0), (8, 25, 0), (0, 25, 0)], (2,))
    for other in (moved(path, dx, dy), turned(path, degrees), mirrored(path)):
        assert area(other) == pytest.approx(area(path))
    assert turned(Disc(2, 0, 1), 90) == Disc(0, 2, 1)


@given(st.floats(0.05, 9000))
def test_lengths_are_near_what_was_asked_for(about):
    ruler = Ruler(Dice(0, 1))
    assert 0.5 < ruler.length(about) / about < 2.1
    assert 0.7 < coarse(about) / about < 1.4


def test_a_frame_has_its_normal_by_the_right_hand():
    frame = AxisFrame((1.0, 2.0, 3.0), X, Y)
    assert frame.normal == (0.0, 0.0, 1.0)
    assert frame.turned_over.normal == (0.0, 0.0, -1.0)
    assert frame.point(1, 1, 1) == (2.0, 3.0, 4.0)
