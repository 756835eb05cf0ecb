"""Parts with revolves: built, drawn, told and counted; their volumes by formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cadcomplete.baselines import baseline
from cadcomplete.completion.effects import Kind, effect
from cadcomplete.completion.wording import in_words
from cadcomplete.data import synthetic
from cadcomplete.data.reorder import reorder
from cadcomplete.data.stretch import stretch
from cadcomplete.data.synthetic.turned import TURNED, turned_part, turned_parts
from cadcomplete.errors import BuildError, UnsupportedError
from cadcomplete.fitting.flat.walls import prefix_faces
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.history.operations import Sketch
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.kernel.attempts import Attempt
from cadcomplete.kernel.build import build, construct
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.examine import examine
from cadcomplete.kernel.known import located
from cadcomplete.kernel.measure import check, measure
from cadcomplete.kernel.report import Senseless
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes import manifolds
from cadcomplete.metrics import deepcad, generation, text2cad
from cadcomplete.metrics.operations import rank
from cadcomplete.predictions import Answer
from cadcomplete.readers import from_sequence
from cadcomplete.reports.told import told, told_in_words

SHAFT = (  # on the x axis: ø40 × 10, then ø20 × 50
    "sketch 0 0 0 +z +x\nloop 0 0\nline 60 0\nline 60 10\nline 10 10\nline 10 20\nline 0 20\n"
    "close\nrevolve new to 360 about 0 0 1 0 0\n"
)
WHOLE = math.pi * (20**2 * 10 + 10**2 * 50)
GROOVE = (  # 5 wide, 2 deep, from x = 30 on
    "sketch 0 0 0 +z +x\nloop 30 8\nline 35 8\nline 35 12\nline 30 12\nclose\n"
    "revolve cut to 360 about 0 0 1 0 0\n"
)
BORE = "sketch 60 0 0 +x +y\ncircle 0 0 3\nextrude cut to 0 0\n"  # from the end to x = 0
COLLAR = (  # on the shaft, from x = 20 to 25, up to ø30
    "sketch 0 0 0 +z +x\nloop 20 9\nline 25 9\nline 25 15\nline 20 15\nclose\n"
    "revolve join sym 180 about 0 0 1 0 0\n"
)
HALF = (  # what is above y = 0 of a tube around the shaft, ø30 and ø16
    "sketch 0 0 0 +z +x\nloop 0 8\nline 60 8\nline 60 15\nline 0 15\nclose\n"
    "revolve intersect sym 90 about 0 0 1 0 0\n"
)


def solid_of(text: str):
    solid = build(decode(text))
    assert solid is not None and check(solid) == ()
    return solid


@pytest.mark.parametrize(
    ("more", "volume"),
    [
        ("", WHOLE),
        (GROOVE, WHOLE - math.pi * (10**2 - 8**2) * 5),
        (BORE, WHOLE - math.pi * 3**2 * 60),
        (COLLAR, WHOLE + math.pi * (15**2 - 10**2) * 5),
        (GROOVE + BORE + COLLAR, WHOLE + math.pi * (125 * 5 - 36 * 5 - 9 * 60)),
        (HALF, math.pi / 2 * ((15**2 - 8**2) * 10 + (10**2 - 8**2) * 50)),
    ],
)
def test_revolves_and_extrudes_build_upon_each_other(more, volume):
    solid = solid_of(SHAFT + more)
    assert solid.volume == pytest.approx(volume, rel=1e-6)
    body = manifolds.volume_of(manifolds.solid(decode(SHAFT + more)))
    assert body == pytest.approx(volume, rel=4e-3)


def test_the_measures_of_a_shaft_are_exact():
    found = measure(solid_of(SHAFT))
    assert found.bounding_box.minimum == pytest.approx((0, -20, -20), abs=1e-9)
    assert found.bounding_box.maximum == pytest.approx((60, 20, 20), abs=1e-9)
    # Discs at both ends, the ring between, and two walls.
    area = 2 * math.pi * 20**2 + 2 * math.pi * (20 * 10 + 10 * 50)
    assert found.area == pytest.approx(area, rel=1e-9)
    middle = math.pi * (20**2 * 10 * 5 + 10**2 * 50 * 35) / WHOLE
    assert found.center_of_mass == pytest.approx((middle, 0, 0), abs=1e-9)


@pytest.mark.parametrize("more", [GROOVE, COLLAR, HALF, BORE])
def test_a_boolean_that_loses_what_is_turned_is_an_error_that_names_it(monkeypatch, more):
    run, cells = Attempt.run, Attempt.cells
    monkeypatch.setattr(Attempt, "run", lambda self, fuzzy, spare=True: self.arguments[0])
    monkeypatch.setattr(Attempt, "cells", lambda self, fuzzy: None)
    with pytest.raises(BuildError, match=r"the kernel's result|no valid solid") as caught:
        build(decode(SHAFT + more))
    assert caught.value.operation == 3
    assert run is not cells


def test_a_revolve_that_touches_or_changes_nothing_is_told():
    far = COLLAR.replace(" 9\n", " 29\n").replace(" 15\n", " 35\n")
    within = COLLAR.replace(" 9\n", " 5\n").replace(" 15\n", " 7\n")
    for more, kind in (
        (far, Senseless.TOUCHES_NOTHING),
        (within, Senseless.CHANGES_NOTHING),
    ):
        (remark,) = construct(decode(SHAFT + more)).remarks
        assert remark.kind is kind


@pytest.mark.parametrize("first", ["to 0", "to 361", "sym 200"])
def test_angles_that_there_are_not_are_told_and_not_built(first):
    part = decode(SHAFT.replace("to 360", first))
    (finding,) = validate(part)
    assert finding.severity == "error" and "the revolve" in finding.problem
    with pytest.raises(BuildError, match="operation 1: the revolve"):
        build(part)


def test_an_axis_through_a_profile_is_told_and_not_built():
    part = decode(SHAFT.replace("about 0 0 1 0", "about 0 5 1 0"))
    (finding,) = validate(part)
    assert finding.path == "$.sequence[1].profiles[0]"
    assert "the axis crosses the profile, which reaches 15 mm to the left" in finding.problem
    with pytest.raises(BuildError, match="operation 1: the axis crosses the profile"):
        build(part)
    assert manifolds.volume_of(manifolds.solid(part)) == 0


def test_points_are_inside_for_all_rooms_alike():
    part = decode(SHAFT + GROOVE + BORE + HALF.replace("sym 90", "from -20 to 170"))
    solid = build(part)
    assert solid is not None
    points = np.random.default_rng(0).uniform((-5, -20, -20), (65, 20, 20), (2000, 3))
    inside = occupancy(part, points)
    assert 100 < inside.sum() < 1900
    assert (located(solid.shape, points) == np.where(inside, 1, -1)).all()


def test_the_faces_of_a_shaft_are_known_to_the_fit():
    flats, rounds = prefix_faces(decode(SHAFT))
    assert sorted({flat.offset for flat in flats}) == pytest.approx([0, 10, 60])
    assert all(abs(flat.normal[0]) == pytest.approx(1) for flat in flats)
    assert sorted({cylinder.radius for cylinder in rounds}) == pytest.approx([10, 20])
    quarter = prefix_faces(decode(SHAFT.replace("to 360", "to 90")))[0]
    ends = [flat for flat in quarter if abs(flat.normal[0]) < 1e-9]
    assert len(ends) == 2 and all(flat.offset == pytest.approx(0) for flat in ends)


def test_the_planes_of_a_revolve_are_its_flat_faces_and_its_ends():
    part = decode(SHAFT.replace("to 360", "to 90"))
    revolve = part.operations[1]
    assert isinstance(revolve, Revolve)
    planes = revolve.planes(part.operations[:1])
    across = [plane for plane in planes if plane.normal == (1.0, 0.0, 0.0)]
    assert sorted(plane.offset for plane in across) == pytest.approx([0, 10, 60])
    (start, end) = [plane for plane in planes if plane not in across]
    assert start.normal == pytest.approx((0, 0, 1)) and end.normal == pytest.approx((0, -1, 0))


# --- told -----------------------------------------------------------------------------------------


def test_what_a_revolve_adds_is_told_in_words():
    assert in_words(decode(SHAFT), 0) == "revolve 360° ø40 × 60"
    assert in_words(decode(SHAFT + GROOVE), 2) == "groove 360° ø24 × 5"
    assert in_words(decode(SHAFT + COLLAR), 2) == "revolve 360° ø30 × 5"
    within = COLLAR.replace(" 9\n", " 5\n").replace(" 15\n", " 7\n")
    assert in_words(decode(SHAFT + within), 2) == "a revolve that changes nothing"


def test_what_a_revolve_does_is_known():
    kinds = [
        effect(decode(SHAFT + more), keep).steps[0].kind
        for more, keep in (("", 0), (COLLAR, 2), (GROOVE, 2))
    ]
    assert kinds == [Kind.BASE, Kind.BOSS, Kind.OTHER]
    assert effect(decode(SHAFT + GROOVE), 2).change.volume == pytest.approx(
        math.pi * 36 * 5, rel=3e-3
    )


def test_a_revolve_is_inspected():
    shaft = decode(SHAFT.replace("to 360", "from -30 to 60")).operations[1]
    values = told(1, shaft)
    assert values["type"] == "revolve" and values["span_deg"] == (-30.0, 60.0)
    assert values["axis"] == {"point_mm": (0.0, 0.0), "direction": (1.0, 0.0)}
    line = told_in_words(values)
    assert line == "  1  revolve  new, -30° to 60° about (0, 0) mm along (1, 0), 1 profile"


# --- changed --------------------------------------------------------------------------------------


def test_grooves_and_collars_change_places():
    """Two grooves in a row: the part is the same in either order."""
    other = GROOVE.replace("30 ", "45 ").replace("35 ", "48 ")
    part = decode(SHAFT + GROOVE + other)
    orders = {encode(reorder(part, np.random.default_rng(seed))).text for seed in range(8)}
    assert orders == {encode(part).text, SHAFT + other + GROOVE}


@pytest.mark.parametrize(
    "room",
    [
        lambda part: from_sequence(part, dialect="omnicad"),
        deepcad.vectors,
        generation.key,
        lambda part: text2cad.count(part, part),
        lambda part: stretch(part, np.random.default_rng(0)),
        lambda part: baseline("ngram", [part], kernel=Kernel()),
    ],
    ids=["omnicad", "vectors", "novelty", "counts", "stretch", "baselines"],
)
def test_rooms_that_do_not_know_a_revolve_name_it(room):
    with pytest.raises(UnsupportedError, match="Revolve"):
        room(decode(SHAFT))


# --- measured -------------------------------------------------------------------------------------


def test_a_true_revolve_is_hit_by_what_changes_the_same():
    part = decode(SHAFT + GROOVE)
    turned_back = GROOVE.replace("to 360 about 0 0 1 0", "sym 180 about 9 0 -1 0")
    half = GROOVE.replace("to 360", "to 180")
    answers = [Answer(decode(SHAFT + more), 0.5) for more in (turned_back, half)]
    first, second = (rank(part, 3, [answer]) for answer in answers)
    assert (first.kind, first.rank, first.kind_right, first.boolean_right) == (
        *("later revolve", 1),
        *(True, True),
    )
    assert first.exact == (3, 3) and second.rank is None
    assert second.overlaps[0] == pytest.approx(0.5, abs=0.01)


def test_the_dimensions_of_a_revolve_are_its_axis_and_its_angles():
    quarter = SHAFT.replace("to 360", "to 90")
    for other, exact in (
        (quarter, 3),
        (quarter.replace("to 90", "to -90").replace("about 0 0 1 0", "about 7 0 -1 0"), 3),
        (quarter.replace("to 90", "to 88"), 2),
    ):
        ranking = rank(decode(quarter), 1, [Answer(decode(other), 0.5)])
        assert ranking.kind == "first revolve" and ranking.exact == (exact, 3)


# --- synthetic parts ------------------------------------------------------------------------------


def test_turned_parts_are_valid_and_every_operation_changes_something():
    parts = list(turned_parts(100, seed=11))
    assert all(validate(part) == () for part in parts)
    assert sum(examine(part, strict_from=0).report.valid for part in parts) >= 99


def test_turned_parts_are_the_same_in_any_order_and_all_different():
    texts = [encode(part).text for part in turned_parts(400)]
    assert len(set(texts)) == 400
    assert encode(turned_part(37)).text == texts[37]
    assert all(encode(decode(text)).text == text for text in texts[:50])
    assert turned_part(3).id == "turned/0/00000003"


def test_turned_parts_turn_in_many_ways_and_leave_the_other_parts_as_they_were():
    parts = list(turned_parts(300))
    revolves = [op for part in parts for op in part.operations if isinstance(op, Revolve)]
    assert {op.boolean.value for op in revolves} == {"new", "cut"}
    assert 0.9 < sum(op.full for op in revolves) / len(revolves) < 1
    first = {type(part.operations[1]) for part in parts}
    assert first == {Revolve} and all(isinstance(p.operations[0], Sketch) for p in parts)
    assert len(TURNED) == 5
    drawn = {type(op) for part in synthetic.parts(50) for op in part.operations}
    assert Revolve not in drawn


def test_an_empty_history_has_no_planes_of_a_revolve():
    sketch, revolve = decode(SHAFT).operations
    assert isinstance(revolve, Revolve)
    assert revolve.planes(()) == ()
    assert CadSequence((sketch,)).whole_operations == 1
