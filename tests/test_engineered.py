"""Synthetic parts as engineers make them: their shares, that they are valid, and their words."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest

from cadcomplete.data import synthetic
from cadcomplete.data.describe import describe_part
from cadcomplete.data.describe.finish import FINISHES, finish_of
from cadcomplete.data.stretch import stretch
from cadcomplete.data.synthetic.clean_edges import clean_edges
from cadcomplete.data.synthetic.dice import Dice
from cadcomplete.data.synthetic.engineered import _APART, SHARES, _wanted, engineered_part
from cadcomplete.data.unblended import unblended
from cadcomplete.errors import InputError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import OPERATIONS
from cadcomplete.history.patterns import PATTERNS, LinearPattern, Mirror, PolarPattern
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import validate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.examine import examine
from cadcomplete.language.lines import decode, encode
from cadcomplete.reports.parts import synthesize

KINDS = (Revolve, Hole, *PATTERNS, Fillet, Chamfer)


@pytest.fixture(scope="module")
def many():
    return [engineered_part(number) for number in range(36)]


def test_a_number_gives_the_same_part_in_any_order(many):
    assert [engineered_part(number) for number in (5, 4, 3)] == [many[5], many[4], many[3]]
    assert many[7].id == "engineered/0/00000007"
    assert [*synthetic.parts(1, start=7, like="engineers")] == [many[7]]
    assert [*synthetic.parts(1, start=7)] == [synthetic.generate(7)]


def test_the_engineered_parts_are_those_of_every_machine(many):
    text = "".join(encode(part).text for part in many[:12])
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "51585988c69ad2c6"  # when last changed


def test_nothing_is_wrong_with_a_part_and_its_text_tells_it(many):
    for part in many:
        assert not [one for one in validate(part) if one.severity == "error"]
        text = encode(part).text
        assert encode(decode(text)).text == text


def test_each_kind_is_wanted_as_often_as_in_real_bodies():
    """Of 4,000 draws a share may be off by four times its standard deviation."""
    wants = Counter(name for number in range(4000) for name in _wanted(Dice(3, number)))
    for name, share in SHARES.items():
        assert abs(wants[name] / 4000 - share) < 4 * (share * (1 - share) / 4000) ** 0.5, name


def test_what_is_wanted_is_made(many):
    """Of these 36 parts all but two have all that was drawn for them."""
    made = {Revolve: "revolve", Hole: "hole", Fillet: "fillet", Chamfer: "chamfer"}
    made |= {Mirror: "mirror", LinearPattern: "linear", PolarPattern: "polar"}
    lacking = 0
    for number, part in enumerate(many):
        wanted = _wanted(Dice(0, number + _APART))
        patterns = [op for op in part.operations if isinstance(op, PATTERNS)]
        having = {made[type(op)] for op in part.operations if type(op) in made}
        having |= {"grid"} if len(patterns) > 1 else set()
        lacking += not wanted <= having
    assert lacking <= 2


def test_fillets_and_chamfers_stand_late(many):
    places = []
    for part in many:
        builders = [type(op) for op in part.operations if op.builds]
        last = max(len(builders) - 1, 1)
        places += [i / last for i, kind in enumerate(builders) if kind in (Fillet, Chamfer)]
    assert 0.75 < np.mean(places) < 1  # .84 and .89 of the real ones


def test_parts_with_them_build_to_valid_solids_and_each_operation_changes_something(many):
    few = (part for part in many if len(part) < 9)
    chosen = [part for part in few if any(isinstance(op, KINDS) for op in part.operations)][:8]
    assert len({type(op) for part in chosen for op in part.operations} & {*KINDS}) >= 4
    reports = [examine(part, strict_from=0).report for part in chosen]
    assert [report.problems for report in reports if not report.valid] == []
    assert {report.bodies for report in reports} == {1}


PLATE = (
    "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\nextrude new to 8 0\n"
)


def names(text: str) -> dict[str, tuple[float, bool]]:
    """Of each edge, by its first name, how much room there is, and whether it stands out."""
    found = clean_edges(decode(text).operations)
    return {one.names[0].word: (round(one.size, 6), one.convex) for one in found}


def test_edges_that_nothing_is_near_to_are_found():
    """As far as 0.4 of its height of 8 mm; at the uprights 0.3 of the shortest side."""
    assert names(PLATE) == {
        "start@1/0": (3.2, True),
        "end@1/0": (3.2, True),
        "side@1/0": (9.0, True),
    }


def test_where_something_is_near_there_is_less_room_or_none():
    hole = f"{PLATE}sketch 0 0 8 +z +x\ncircle 3 15 1.5\nextrude cut to 0 0\n"
    assert names(hole)["end@1/0"] == (0.8, True)
    assert names(hole)["start@3/0"] == (0.75, True)
    boss = f"{PLATE}sketch 0 0 8 +z +x\ncircle 20 15 8\nextrude join to 20 0\n"
    assert names(boss)["start@3/0"] == (4.0, False)
    assert names(boss)["end@3/0"] == (4.0, True)
    post = "sketch 0 0 8 +z +x\nloop 0 0\nline 9 0\nline 9 9\nline 0 9\nclose\n"
    flush = f"{PLATE}{post}extrude join to 20 0\n"
    assert names(flush).keys() & {"end@1/0", "side@1/0"} == set()


def test_edges_of_copies_are_named_with_those_of_the_first():
    row = f"{PLATE}hole 0 0 8 +z +x 3 through at 6 15\nlinear +x 9 4 @1\n"
    (rims,) = [
        one for one in clean_edges(decode(row).operations) if one.names[0].operations == (2,)
    ]
    assert rims.names == (EdgePredicate("start", (2,)), EdgePredicate("start", (3,)))


def test_what_comes_after_a_mirror_of_all_has_no_copies():
    holed = f"{PLATE}mirror +z 0 all\nhole 0 0 8 +z +x 3 through at 6 15\n"
    assert names(holed)["start@3"] == (0.75, True)
    found = [one.names for one in clean_edges(decode(holed).operations)]
    assert (EdgePredicate("start", (3,)),) in found


# --- what is said of them -------------------------------------------------------------------------


def described(text: str) -> tuple[str, str]:
    sequence = decode(text)
    solid = build(sequence)
    assert solid is not None
    found = describe_part(sequence, solid)
    return found.short, found.long


@pytest.mark.parametrize(
    ("more", "short", "long"),
    [
        (
            "hole 0 0 8 +z +x 6.6 through at 8 8 32 8 8 22 32 22 20 8 20 22\n",
            "rectangular block with six through holes",
            "Rectangular block 40 × 30 × 8 mm with six through holes ø6.6 in a grid of 3 × 2.",
        ),
        (
            "fillet 2 end@1/0\n",
            "rectangular block with rounded edges",
            "Rectangular block 40 × 30 × 8 mm with edges rounded by 2 mm.",
        ),
        (
            "fillet 2 side@1/0\nchamfer 1/2 end@2/0\n",
            "rectangular block with rounded edges and chamfered edges",
            "Rectangular block 40 × 30 × 8 mm with edges rounded by 2 mm and edges chamfered by "
            "1 × 2 mm.",
        ),
        (
            "hole 0 0 8 +z +x 4 through sink 8 90 at 8 8 32 8\n",
            "rectangular block with two holes and two countersinks",
            "Rectangular block 40 × 30 × 8 mm with two holes ø4 spaced 24 mm apart, two "
            "countersinks ø8 × 90° and further details (10 faces in all).",
        ),
        (
            "linear +x 50 2 @1\nfillet 1 side@2/0\n",
            "two separate bodies: two rectangular blocks",
            "Two separate bodies, 90 × 30 × 8 mm overall: two rectangular blocks 40 × 30 × 8 mm, "
            "with edges rounded by 1 mm.",
        ),
    ],
)
def test_a_description_knows_what_was_done_to_the_edges(more, short, long):
    assert described(PLATE + more) == (short, long)


def test_what_has_no_name_and_was_turned_is_a_turned_part():
    ring = "sketch 0 0 0 +z +x\ncircle 20 0 5\nrevolve new to 360 about 0 0 0 1 0\n"
    assert described(ring) == ("turned part", "Turned part 50 × 50 × 10 mm.")


def test_every_operation_is_known_to_descriptions():
    assert FINISHES.keys() == set(OPERATIONS.values())
    assert finish_of(decode(f"{PLATE}fillet 2 all:x\nfillet 2 all:y\n")).long == (
        "edges rounded by 2 mm",
    )


def test_a_part_before_its_fillets_names_operations_where_they_stand_then():
    text = f"{PLATE}fillet 1 side@1\nhole 0 0 8 +z +x 3 through at 6 15\nlinear +x 9 3 @1\n"
    plain, kept = unblended(decode(text))
    assert kept == (0, 1, 3, 4)
    assert plain == decode(text.replace("fillet 1 side@1\n", ""))


def test_holes_and_fillets_are_not_stretched():
    for more in ("fillet 1 side@1\n", "hole 0 0 8 +z +x 3 through at 6 15\n"):
        assert stretch(decode(PLATE + more), np.random.default_rng(0)) is None


def test_parts_like_nothing_that_is_known_are_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="expected extrudes or engineers, got artists"):
        synthesize(tmp_path, 1, start=0, seed=0, like="artists")
