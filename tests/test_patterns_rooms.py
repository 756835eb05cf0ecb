"""Mirrors and patterns in the rooms that tell, measure, reorder, write and see."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from cadcomplete.completion.effects import Kind, effect
from cadcomplete.completion.wording import in_words
from cadcomplete.data.reorder import reorder
from cadcomplete.data.stretch import stretch
from cadcomplete.fitting.flat.walls import prefix_faces
from cadcomplete.history.expanded import expanded
from cadcomplete.history.operations import Extrude, Profile
from cadcomplete.history.patterns import PATTERNS, LinearPattern, Mirror, PolarPattern
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes.manifolds import iou, solid
from cadcomplete.metrics import deepcad, text2cad
from cadcomplete.metrics.operations import rank
from cadcomplete.metrics.targets import target
from cadcomplete.predictions import Answer
from cadcomplete.readers import from_sequence, omnicad
from cadcomplete.readers.native import parse
from cadcomplete.reports.told import told, told_in_words

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

HOLED = (
    "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\nextrude new to 10 0\n"
    "sketch 0 0 10 +z +x\ncircle 5 5 2\nextrude cut to 0 0\n"
)


def part(*patterns: Mirror | LinearPattern | PolarPattern, text: str = HOLED) -> CadSequence:
    return CadSequence((*decode(text).operations, *patterns), "part")


MIRROR, ROW = Mirror(X, 20.0, (3,)), LinearPattern(X, 10.0, 4, (3,))
AROUND = PolarPattern(Z, (20.0, 15.0, 0.0), 2, 360.0, (3,))


# --- what is said ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (MIRROR, "mirrored about x = 20"),
        (Mirror((-1.0, 0.0, 0.0), -20.0, (3,)), "mirrored about x = 20"),
        (Mirror(Y, 35.0, None), "the part mirrored about y = 35"),
        (Mirror((0.6, 0.0, 0.8), 30.0, None), "the part mirrored about a slanted plane"),
        (Mirror(X, 5.0, (3,)), "a mirror that changes nothing"),
        (ROW, "4 in a row along x, 10 apart"),
        (LinearPattern((0.0, -1.0, 0.0), 40.0, 3, None), "the part 3 in a row along -y, 40 apart"),
        (AROUND, "2 around z"),
        (PolarPattern(Z, (20.0, 15.0, 0.0), 2, 180.0, (3,)), "2 around z over 180°"),
    ],
)
def test_what_was_added_is_told(pattern, words):
    assert in_words(part(pattern), 4) == words


def test_a_pattern_is_one_step_with_its_change():
    (step,) = effect(part(ROW), 4).steps
    assert step.kind is Kind.OTHER
    volume = solid(part()).volume() - solid(part(ROW)).volume()
    assert step.change.volume == pytest.approx(volume, rel=1e-6)


def test_inspect_tells_its_values_and_a_line():
    assert told(4, MIRROR) == {
        "index": 4,
        "type": "mirror",
        "normal": X,
        "position_mm": 20.0,
        "of": [3],
    }
    lines = [told_in_words(told(4, pattern)) for pattern in (MIRROR, ROW, AROUND)]
    assert lines == [
        "  4  mirror   of operation 3, at the plane across (1, 0, 0), 20 mm from the origin",
        "  4  linear   of operation 3, 4 places along (1, 0, 0), 10 mm apart",
        "  4  polar    of operation 3, 2 places all around (0, 0, 1) through (20, 15, 0) mm",
    ]
    assert "of the whole body" in told_in_words(told(4, Mirror(X, 0.0, None)))


# --- what is measured -----------------------------------------------------------------------------


def answer(sequence: CadSequence, pattern: Mirror | LinearPattern | PolarPattern) -> Answer:
    return Answer(CadSequence((*sequence.operations, pattern)), 1.0)


def test_a_mirror_is_hit_by_what_changes_the_same():
    truth = part(MIRROR)
    same = PolarPattern(Z, (20.0, 5.0, 0.0), 2, 180.0, (3,))
    other = Mirror(Y, 15.0, (3,))
    given = [answer(part(), pattern) for pattern in (MIRROR, same, other)]
    ranking = rank(truth, 4, given)
    assert ranking.kind == "mirror" and ranking.excluded == ""
    assert ranking.overlaps[0] == pytest.approx(1.0)
    assert ranking.overlaps[1] == pytest.approx(1.0, abs=0.01)
    assert ranking.overlaps[2] == pytest.approx(0.0, abs=0.01)
    assert ranking.exact == (1, 1)


def test_a_cut_that_does_what_the_mirror_does_hits_it():
    drawn = decode(HOLED + "sketch 0 0 10 +z +x\ncircle 35 5 2\n")
    truth = CadSequence((*drawn.operations, Mirror(X, 20.0, (3,))), "part")
    first = truth.operations[3]
    assert isinstance(first, Extrude)
    hole = replace(first, profiles=(Profile(4, 0),))
    assert target(truth, 5).overlap(hole) == pytest.approx(1.0, abs=0.01)


def test_exact_dimensions_are_the_numbers_of_the_pattern():
    truth = part(ROW)
    near = LinearPattern(X, 10.02, 4, (3,))
    ranking = rank(truth, 4, [answer(part(), near)])
    assert ranking.kind == "linear pattern" and ranking.exact == (1, 2)


def test_a_pattern_that_does_what_another_kind_does_hits_it_and_has_none_of_its_numbers():
    ranking = rank(
        part(Mirror(X, 20.0, (3,))), 4, [answer(part(), LinearPattern(X, 30.0, 2, (3,)))]
    )
    assert ranking.overlaps[0] == pytest.approx(1.0, abs=0.01) and ranking.exact is None


def test_a_pattern_that_changes_nothing_can_be_hit_by_nobody():
    assert target(part(Mirror(X, 5.0, (3,))), 4).excluded == "changes nothing"


def test_vectors_and_counts_have_each_copy():
    plain, row = part(), part(ROW)
    # three more circles, each with a start of its sketch and an extrude of its own
    assert len(deepcad.vectors(row)) == len(deepcad.vectors(expanded(row)))
    assert len(deepcad.vectors(row)) > len(deepcad.vectors(plain))
    counts = text2cad.count(row, row, given=4)
    assert counts["circle"].right == counts["extrude"].right == 3
    assert text2cad.count(row, plain, given=4)["extrude"].missing == 3


# --- other orders, other files, other sizes -------------------------------------------------------


def test_what_is_done_again_keeps_its_place_and_is_named_where_it_stands():
    holes = "".join(
        f"sketch 0 0 10 +z +x\ncircle {x} 20 1\nextrude cut to 0 0\n" for x in (5, 15, 25)
    )
    whole = part(Mirror(Y, 15.0, (3,)), text=HOLED)
    later = decode(encode(whole).text + holes)
    seen = set()
    for seed in range(20):
        again = reorder(later, np.random.default_rng(seed))
        assert again.operations[4] == Mirror(Y, 15.0, (3,))
        assert iou(solid(again), solid(later)) > 0.9999
        seen.add(again.operations)
    assert len(seen) > 1


def test_a_part_that_is_mirrored_is_not_stretched():
    assert stretch(part(), np.random.default_rng(0)) is not None
    assert stretch(part(MIRROR), np.random.default_rng(0)) is None


@pytest.mark.parametrize("pattern", [MIRROR, ROW, AROUND, Mirror(X, 45.0, None)])
def test_a_dialect_without_patterns_has_each_copy(pattern):
    document = from_sequence(part(pattern), dialect="omnicad")
    again = omnicad.parse(json.loads(document.dump()))
    assert not any(isinstance(op, PATTERNS) for op in again.operations)
    assert iou(solid(again), solid(part(pattern))) > 0.9999


def test_our_own_files_keep_them():
    sequence = part(MIRROR, ROW, AROUND, Mirror(X, 45.0, None))
    document = from_sequence(sequence)
    again = parse(json.loads(document.dump()), id="part")
    assert again.operations == sequence.operations
    assert truncate(again, 5).operations == part(MIRROR).operations


# --- what is seen of it ---------------------------------------------------------------------------


def test_the_faces_of_copies_lie_where_the_copies_are():
    _, rounds = prefix_faces(part(ROW))
    assert [cylinder.center[0] for cylinder in rounds] == pytest.approx([5.0, 15.0, 25.0, 35.0])
    _, mirrored = prefix_faces(part(MIRROR))
    assert [cylinder.center[0] for cylinder in mirrored] == pytest.approx([5.0, 35.0])
    flats, _ = prefix_faces(part(Mirror(Z, -5.0, None)))
    heights = {
        round(flat.offset * flat.normal[2], 6) for flat in flats if abs(flat.normal[2]) > 0.5
    }
    assert heights == {0.0, 10.0, -10.0, -20.0}
    (*_, below) = Mirror(Z, -5.0, None).planes(part().operations)
    assert below.offset * below.normal[2] in (-10.0, -20.0)
