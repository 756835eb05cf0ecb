"""Law 15: when two answers are one, and when one is not worth showing."""

from __future__ import annotations

import sys

import pytest
from conftest import PARTS, PLATE, ROOT

from cadcomplete import readers
from cadcomplete.completion.choosing import ByEffect, chosen
from cadcomplete.completion.effects import Flaw, Kind, alike, effect, flaw, reaches
from cadcomplete.completion.engine import complete
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import solid

DRAWN = PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 4\n"  # of 40 × 30 × 10, with a hole
TWO = "sketch 0 0 0 +z +x\ncircle 0 0 5\ncircle 20 0 5\n"


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=2, time_limit=30) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def violations():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import suggestions

    yield suggestions.violations
    sys.path.remove(str(ROOT / "benchmarks"))
    del sys.modules["suggestions"]


def of(text: str, added: str):
    """The effect of what is added to a text."""
    return effect(decode(text + added), len(decode(text)))


def the(text: str, added: str):
    (step,) = of(text, added).steps
    return step


# --- what one extrude does ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("added", "kind", "side", "depth"),
    [
        ("extrude cut to 0 0\n", Kind.THROUGH, 0, 10),
        ("extrude cut to -70 0\n", Kind.THROUGH, 0, 10),
        ("extrude cut to 4 0\n", Kind.BLIND, -1, 6),
        ("extrude cut sym 6 0\n", Kind.BLIND, -1, 4),  # above the plate there is nothing to cut
        ("extrude join to 16 0\n", Kind.BOSS, 1, 6),
        ("extrude join to -5 0\n", Kind.BOSS, -1, 5),  # ten are in the plate
        ("extrude new sym 22 0\n", Kind.BOSS, 0, 24),
        ("extrude cut to 20 0\n", Kind.NOTHING, None, 0),
        ("extrude intersect to 0 0\n", Kind.REST, None, None),
    ],
)
def test_an_extrude_is_told_by_what_it_does(added, kind, side, depth):
    step = the(DRAWN, added)
    assert step.kind is kind
    assert side is None or step.side == side
    assert depth is None or step.depth == pytest.approx(depth)


def test_the_first_extrude_makes_the_part():
    step = the("sketch 0 0 0 +z +x\ncircle 0 0 5\n", "extrude new to 7 0\n")
    assert (step.kind, step.depth) == (Kind.BASE, pytest.approx(7))


def test_a_sketch_is_seen_from_its_side_but_a_side_is_the_worlds():
    """The same pocket from above, drawn on a plane that looks down."""
    down = PLATE + "sketch 0 0 10 -z +x\ncircle 8 -8 4\n"
    one, other = of(DRAWN, "extrude cut to 4 0\n"), of(down, "extrude cut to -4 0\n")
    assert one.steps[0].side == other.steps[0].side == -1
    assert alike(one, other)


# --- when two are one ---------------------------------------------------------------------------


def test_three_depths_are_one_answer_and_through_blind_and_boss_are_three():
    depths = [of(DRAWN, f"extrude cut to {to} 0\n") for to in (8, 4, 2)]
    assert all(alike(a, b) for a in depths for b in depths)
    through, blind, boss = (
        of(DRAWN, f"extrude {way} 0\n") for way in ("cut to 0", "cut to 5", "join to 15")
    )
    assert not alike(through, blind)
    assert not alike(through, boss)
    assert not alike(blind, boss)
    assert alike(boss, of(DRAWN, "extrude join to 12 0\n"))
    assert alike(through, of(DRAWN, "extrude cut to -35 0\n"))


def test_of_a_shape_that_is_shown_the_depth_counts():
    one, other = (of(DRAWN, f"extrude cut to {to} 0\n") for to in (8, 4))
    assert not alike(one, other, depths=False)


def test_the_same_hole_in_another_sketch_is_the_same_answer():
    above = "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude cut to 0 0\n"
    below = "sketch 0 0 0 +z +x\ncircle 8 8 4\nextrude cut to 10 0\n"
    beside = "sketch 0 0 10 +z +x\ncircle 9 8 4\nextrude cut to 0 0\n"
    assert alike(of(PLATE, above), of(PLATE, below))
    assert not alike(of(PLATE, above), of(PLATE, beside))


def test_heights_of_the_first_extrude_make_different_parts():
    drawn = "sketch 0 0 0 +z +x\ncircle 0 0 5\n"
    one, other, near = (of(drawn, f"extrude new to {h} 0\n") for h in (5, 10, 10.2))
    assert not alike(one, other)
    assert alike(other, near)


# --- when one is not worth showing --------------------------------------------------------------


def flaw_of(text: str, added: str, kernel: Kernel, *, bodies: int | None = 1) -> Flaw:
    keep = len(decode(text))
    report = kernel.run(examine, decode(text + added), keep)
    return flaw(report, of(text, added), keep=keep, bodies=bodies)


def test_what_floats_is_idle_or_cannot_be_built_has_a_flaw(kernel):
    air = "sketch 0 0 25 +z +x\ncircle 8 8 4\nextrude join to 30 0\n"
    assert flaw_of(PLATE, air, kernel) is Flaw.FLOATING
    assert flaw_of(PLATE, air, kernel, bodies=2) is Flaw.NONE
    assert flaw_of(PLATE, air, kernel, bodies=None) is Flaw.NONE
    assert flaw_of(DRAWN, "extrude cut to 4 0\n", kernel) is Flaw.NONE
    assert flaw_of(DRAWN, "extrude cut to 4 0\nsketch 0 0 4 +z +x\ncircle 8 8 2\n", kernel) is (
        Flaw.IDLE
    )
    assert flaw_of(DRAWN, "extrude cut to 20 0\n", kernel) is Flaw.INVALID


def test_a_first_extrude_of_two_profiles_makes_two_bodies_and_does_not_float(kernel):
    assert flaw_of(TWO, "extrude new to 5 0 1\n", kernel, bodies=0) is Flaw.NONE
    apart = "extrude new to 5 0\nextrude new to 5 1\n"
    assert flaw_of(TWO, apart, kernel, bodies=0) is Flaw.FLOATING


def test_a_sketch_beside_the_part_leads_nowhere():
    plate = solid(decode(PLATE))
    for circle, expected in (("8 8 4", True), ("44 8 4", True), ("60 8 4", False)):
        (sketch,) = decode(f"sketch 0 0 30 +z +x\ncircle {circle}\n").operations
        assert reaches(sketch, plate) is expected
        assert reaches(sketch, solid(decode("")))


# --- what is shown ------------------------------------------------------------------------------


def numbers(kernel: Kernel, *added: str, n: int = 5, given: str = DRAWN) -> list[int]:
    """The numbers of the answers among ideas."""
    ideas, before = [decode(given + text) for text in added], decode(given)
    comparison = ByEffect(before, ideas, False, lambda: kernel.run(examine, before).bodies)

    def check(whole):
        return kernel.submit(examine, whole, len(before))

    found = chosen(ideas, n, comparison=comparison, check=check)
    return [i for i, _ in found]


AIR = "extrude cut to 4 0\nsketch 0 0 25 +z +x\ncircle 8 8 4\nextrude join to 30 0\n"
IDLE = "extrude cut to 20 0\n"


def test_answers_are_different_and_stay_in_their_order(kernel):
    ways = ("cut to 0", "cut to -50", "cut to 4", "cut to 5", "join to 15")
    found = numbers(kernel, *(f"extrude {way} 0\n" for way in ways))
    assert found == [0, 2, 4]


def test_what_has_a_flaw_is_shown_only_while_nothing_else_is_found(kernel):
    assert numbers(kernel, IDLE, AIR, "extrude cut to 0 0\n") == [2]
    assert numbers(kernel, IDLE, AIR) == [1]
    assert numbers(kernel, IDLE) == [0]


def test_of_two_that_come_to_the_same_the_second_is_shown_if_the_first_cannot_be_built(kernel):
    """A loop that runs to and fro encloses the same, but the kernel makes no face of it."""
    square = (
        "sketch 0 0 0 +z +x\nloop 0 0\nline 5 0\n{}line 5 5\nline 0 5\nclose\nextrude new to 5 0\n"
    )
    spiked = square.format("line 9 0\nline 9 3\nline 9 0\nline 5 0\n")
    assert numbers(kernel, spiked, square.format(""), given="") in ([0], [1])
    assert len(numbers(kernel, spiked, square.format(""), given="")) == 1


@pytest.mark.parametrize(("name", "keep"), [("bracket", 5), ("clevis", 3), ("flange", 7)])
def test_example_parts_keep_law_15(kernel, violations, name, keep):
    part = readers.read(PARTS / f"{name}.json")
    found = complete(part, keep=keep, n=3, kernel=kernel)
    assert list(violations(found, kernel)) == []
    assert found.completions


def test_next_operations_keep_law_15(kernel, violations):
    found = complete(readers.read(PARTS / "flange.json"), keep=7, only_next=True, kernel=kernel)
    assert list(violations(found, kernel)) == []
    assert len({completion.words.split(" ø")[0] for completion in found.completions}) == 3
