"""Constraints: every answer keeps to each, by measures of its own; the impossible is refused."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from conftest import PARTS, PLATE, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from manifold3d import Manifold
from strategies import sequences

from cadcomplete import readers
from cadcomplete.completion.engine import complete
from cadcomplete.completion.offhand import Offhand
from cadcomplete.constraints.bound import PartLimits, bound_to, region_of
from cadcomplete.constraints.constraints import FREE, Constraints
from cadcomplete.constraints.pins import DIMENSIONS, NAMES, Pin, broken, conformed, sizes
from cadcomplete.constraints.said import as_json, box_of, pins_of, plane_of, told
from cadcomplete.constraints.symmetric import drawn_alike, on_both_sides, unlike
from cadcomplete.errors import InputError
from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import BoundingBox, plane_across
from cadcomplete.history.operations import OPERATIONS, Extrude, Hole, Mirror, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import solid, volume_of
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.model.sampling import Sampling
from cadcomplete.predictions import Case

FEW = Sampling(rows=6, most_tokens=160)
X = plane_across((1.0, 0.0, 0.0), 0.0)
WIDE = BoundingBox((-100.0, -100.0, -100.0), (100.0, 100.0, 100.0))
DRAWN = "sketch 0 0 10 +z +x\ncircle 8 8 3\n"
"""A circle on the plate of 40 by 30 by 10, of which nothing is made yet."""


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=1, time_limit=30) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def ask(kernel):
    """Ask what follows a text, without a model: fast, and as bound as with one."""

    def asked(text, constraints, *, parts=False, n=3):
        case = Case("part", decode(text), constraints=constraints)
        completer = Offhand(kernel)
        reading = completer.read(case)
        answers = list((completer.better if parts else completer.next)(reading, n=n))
        return reading, answers

    return asked


def by_kernel(sequence):
    """What the CAD kernel makes of a history, measured, and the same as triangles."""
    from cadcomplete.kernel.build import build
    from cadcomplete.kernel.measure import measure
    from cadcomplete.kernel.tessellate import tessellate
    from cadcomplete.meshes.faceted import closed

    made = build(sequence)
    return measure(made), closed(tessellate(made))


def extrudes(answers):
    """The answers that extrude something: a sketch may come next as well."""
    found = [one for one in answers if isinstance(one.operation, Extrude)]
    assert found
    return found


def added(answer, text):
    return answer.sequence.operations[len(decode(text)) :]


# --- each constraint, by a check of its own -----------------------------------------------------


def test_answers_lie_within_the_box_and_bosses_end_at_its_wall(ask):
    box = BoundingBox((-1.0, -1.0, -1.0), (41.0, 31.0, 13.0))
    said = Constraints(within=box, booleans=("join",), kinds=("extrude",))
    _, answers = ask(PLATE + DRAWN, said, n=9)
    tops = []
    for answer in extrudes(answers):
        measures, _ = by_kernel(answer.sequence)
        assert np.all(np.array(measures.bounding_box.minimum) >= np.array(box.minimum) - 1e-4)
        assert np.all(np.array(measures.bounding_box.maximum) <= np.array(box.maximum) + 1e-4)
        tops.append(measures.bounding_box.maximum[2])
    assert max(tops) == pytest.approx(13.0)  # as high as it may be: proposed, not only left over


def test_answers_have_no_more_than_the_volume(ask):
    most = 40 * 30 * 10 - 250 * math.pi + 100  # a hundred mm³ above the plate
    _, answers = ask(PLATE + DRAWN, Constraints(most_volume=most, booleans=("join",)))
    assert answers
    assert all(by_kernel(answer.sequence)[0].volume <= most for answer in answers)


def test_a_mass_is_a_volume_times_a_density(ask):
    constraints = Constraints(most_mass=90.0, density=7.85)
    assert constraints.volume_limit == pytest.approx(90 / 7.85 * 1000)
    _, answers = ask(PLATE + DRAWN, constraints)
    assert answers
    for answer in answers:
        assert by_kernel(answer.sequence)[0].volume / 1000 * 7.85 <= 90.0


def test_nothing_is_added_or_removed_in_a_region(ask):
    region = BoundingBox((4.0, 4.0, 8.0), (12.0, 12.0, 9.0))  # under the circle, in the plate
    _, free = ask(PLATE + DRAWN, FREE)
    reading, answers = ask(PLATE + DRAWN, Constraints(keep_out=(region,)))
    solid_region = Manifold.cube(region.size).translate(region.minimum)
    _, before = by_kernel(decode(PLATE))

    def touched(answer):
        _, after = by_kernel(answer.sequence)
        return volume_of((after - before) ^ solid_region) + volume_of(
            (before - after) ^ solid_region
        )

    assert any(touched(answer) > 1.0 for answer in free)  # without it a hole goes through there
    assert answers and all(touched(answer) < 1e-3 for answer in answers)
    assert reading.bound.counts()["keep out"] > 0


def test_a_region_holds_however_large_it_is(ask):
    above = BoundingBox((-1000.0, -1000.0, 10.5), (1000.0, 1000.0, 1000.0))
    _, free = ask(PLATE + DRAWN, FREE)
    reading, answers = ask(PLATE + DRAWN, Constraints(keep_out=(above,)))
    highest = [by_kernel(answer.sequence)[1].bounding_box()[5] for answer in answers]
    assert any(by_kernel(answer.sequence)[1].bounding_box()[5] > 10.6 for answer in free)
    assert answers and max(highest) < 10.5 + 1e-6
    assert reading.bound.counts()["keep out"] > 0


def test_a_caption_of_which_nothing_keeps_to_what_is_asked_has_no_answer():
    asked = Constraints(within=BoundingBox((0, 0, 0), (100, 50, 20)), pins=pins_of("diameter 6"))
    words = "plate 120 x 80 x 10, four through holes of 9 mm in the corners"
    nothing = readers.from_sequence(CadSequence(()))
    found = complete(nothing, caption=words, n=1, sampling=FEW, constraints=asked)
    assert all(one.valid for one in found.completions)


def test_a_region_may_be_a_closed_mesh(ask):
    box = Manifold.cube((8.0, 8.0, 1.0)).translate((4.0, 4.0, 8.0)).to_mesh()
    mesh = Mesh(np.array(box.vert_properties, float), np.array(box.tri_verts, np.int64))
    of_box = ask(PLATE + DRAWN, Constraints(keep_out=(BoundingBox((4, 4, 8), (12, 12, 9)),)))[1]
    of_mesh = ask(PLATE + DRAWN, Constraints(keep_out=(mesh,)))[1]
    assert [one.sequence for one in of_mesh] == [one.sequence for one in of_box]
    apart = Mesh(mesh.vertices[mesh.triangles].reshape(-1, 3), np.arange(36).reshape(-1, 3))
    assert volume_of(region_of(apart)) == pytest.approx(64.0)  # as an .stl has it
    open_mesh = Mesh(mesh.vertices, mesh.triangles[:-1])
    with pytest.raises(InputError, match="no region"):
        bound_to(Constraints(keep_out=(open_mesh,)), decode(PLATE))


@pytest.mark.parametrize(
    ("allowed", "grows"), [(("join",), True), (("cut",), False), (("cut", "intersect"), False)]
)
def test_answers_only_add_or_only_remove(ask, allowed, grows):
    before = by_kernel(decode(PLATE))[0].volume
    _, answers = ask(PLATE + DRAWN, Constraints(booleans=allowed, kinds=("extrude",)))
    for answer in extrudes(answers):
        after = by_kernel(answer.sequence)[0].volume
        assert after > before if grows else after < before
        assert answer.operation.boolean.value in allowed


def test_only_kinds_that_are_allowed_are_added(ask):
    _, answers = ask(PLATE, Constraints(kinds=("hole",)))
    assert answers and all(isinstance(answer.operation, Hole) for answer in answers)
    _, answers = ask(PLATE, Constraints(kinds=("extrude",)))
    assert answers and all(isinstance(answer.operation, Sketch) for answer in answers)


def test_pinned_sizes_are_proposed_where_they_fit(ask):
    pins = pins_of("diameter 7.3, depth 4.2")
    _, answers = ask(PLATE, Constraints(kinds=("hole",), pins=pins))
    assert answers
    for answer in answers:
        assert (answer.operation.diameter, answer.operation.depth) == (7.3, 4.2)
    _, answers = ask(PLATE, Constraints(kinds=("sketch",), pins=pins[:1]))
    circles = [
        curve
        for answer in answers
        for loop in answer.operation.loops
        for curve in loop.curves
        if isinstance(curve, Circle)
    ]
    assert circles and all(circle.radius == 7.3 / 2 for circle in circles)


def test_a_pin_may_be_the_dimension_of_an_operation_that_is_given(ask):
    _, answers = ask(
        PLATE + DRAWN,
        Constraints(kinds=("extrude",), pins=pins_of("height as 1"), booleans=("join",)),
    )
    for answer in extrudes(answers):
        start, end = answer.operation.extent.ends
        assert abs(end - start) == pytest.approx(10.0)  # the plate's


def test_what_is_symmetric_stays_so_and_sketches_are_drawn_on_both_sides(ask):
    middle = plane_across((1.0, 0.0, 0.0), 20.0)
    _, answers = ask(PLATE, Constraints(symmetric=middle, kinds=("sketch",)), n=8)
    assert answers
    for answer in answers:
        assert drawn_alike(answer.operation, middle)
    _, answers = ask(PLATE + DRAWN, Constraints(symmetric=middle))
    assert not [one for one in answers if isinstance(one.operation, Extrude)]  # of one side alone


def test_a_part_with_one_side_gets_the_other_by_a_mirror(ask):
    one_sided = PLATE + DRAWN + "extrude cut to -3 0\n"
    middle = plane_across((1.0, 0.0, 0.0), 20.0)
    bound = bound_to(Constraints(symmetric=middle), decode(one_sided))
    whole = bound.completed(decode(one_sided))
    assert isinstance(whole.operations[-1], Mirror)
    measures, made = by_kernel(whole)
    assert measures.center_of_mass[0] == pytest.approx(20.0)
    assert unlike(made, middle) < 1e-3 * volume_of(made)
    assert bound.admits(whole, finished=True)


def test_finished_parts_keep_to_constraints_too(ask):
    constraints = Constraints(
        at_most=1, booleans=("cut",), kinds=("extrude",), pins=pins_of("depth 5")
    )
    _, answers = ask(PLATE + DRAWN, constraints, parts=True)
    assert answers
    for answer in answers:
        (only,) = added(answer, PLATE + DRAWN)
        assert only.boolean.value == "cut"
        start, end = only.extent.ends
        assert abs(end - start) == pytest.approx(5.0)


def test_scores_fall_with_constraints_too(ask):
    for constraints in (Constraints(pins=pins_of("depth 4")), Constraints(within=WIDE)):
        for parts in (False, True):
            scores = [one.score for one in ask(PLATE + DRAWN, constraints, parts=parts)[1]]
            assert scores == sorted(scores, reverse=True)


def test_where_nothing_fits_it_is_told_what_left_how_many_out(ask):
    reading, answers = ask(PLATE + DRAWN, Constraints(kinds=("hole",), most_volume=500.0))
    assert not answers
    counts = reading.bound.counts()
    assert list(counts) == ["volume at most 500 mm³"] and counts["volume at most 500 mm³"] > 5


def kept_to_the_example(found):
    for one in found.completions:
        assert one.operations_added <= 2
        cuts = [cut for cut in one.document.sequence.operations[7:] if cut.builds]
        for cut in cuts:
            start, end = cut.extent.ends
            assert cut.boolean.value == "cut" and abs(end - start) == pytest.approx(6.0)


def test_the_example_of_the_documentation_keeps_to_all_constraints_at_once(monkeypatch, capsys):
    text = (ROOT / "docs" / "constraints.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(ROOT)
    names = {}
    exec(example, names)
    found = names["found"]
    assert found.completions and found.left_out["only to cut"] > 0
    kept_to_the_example(found)
    assert "blind holes" in capsys.readouterr().out


def test_next_operations_of_the_model_keep_to_all_constraints_at_once(kernel):
    part = readers.read(PARTS / "flange.json")
    constraints = Constraints(("extrude",), ("cut",), pins=pins_of("depth 6"), within=WIDE)
    found = complete(
        part, keep=7, only_next=True, constraints=constraints, sampling=FEW, kernel=kernel
    )
    assert found.completions
    kept_to_the_example(found)


def test_a_constraint_that_everything_keeps_to_changes_nothing(ask):
    free = ask(PLATE + DRAWN, FREE)[1]
    bound = ask(PLATE + DRAWN, Constraints(within=WIDE, most_volume=1e9, at_most=9))[1]
    assert [(a.sequence, a.score, a.valid) for a in bound] == [
        (a.sequence, a.score, a.valid) for a in free
    ]


# --- what is impossible is refused --------------------------------------------------------------

IMPOSSIBLE = {
    "a kind that does not exist": ({"kinds": ("weld",)}, "no such name.*--only|--only.*no such"),
    "no such boolean": ({"booleans": ("glue",)}, "--boolean"),
    "nothing may be added": ({"at_most": 0}, "--at-most"),
    "no volume": ({"most_volume": 0.0}, "--max-volume"),
    "not a number": ({"most_volume": math.nan}, "--max-volume"),
    "half a limit": ({"most_mass": 10.0}, "--density"),
    "a minimum above the maximum": (
        {"within": BoundingBox((0.0, 0.0, 5.0), (10.0, 10.0, 1.0))},
        "minimum below the maximum along z",
    ),
    "an infinite box": ({"within": BoundingBox((0.0, 0.0, 0.0), (1.0, 1.0, math.inf))}, "finite"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_contradicts_itself_is_refused_with_the_reason(name):
    said, reason = IMPOSSIBLE[name]
    with pytest.raises(InputError, match=reason):
        Constraints(**said)


REFUSED = {
    "the part leaves the box": (
        PLATE,
        {"within": BoundingBox((0.0, 0.0, 0.0), (20.0, 20.0, 20.0))},
        "leaves the box already, by 20 mm",
    ),
    "too large already": (
        PLATE,
        {"most_volume": 100.0, "booleans": ("join",)},
        "nothing may be removed",
    ),
    "nothing to cut": ("", {"booleans": ("cut",)}, "there is no part yet"),
    "nothing to fillet": ("", {"kinds": ("fillet",)}, "there is no part yet"),
    "holes that add": (PLATE, {"kinds": ("hole",), "booleans": ("join",)}, "holes cut"),
    "a depth of what adds": (
        PLATE,
        {"booleans": ("join",), "pins": (Pin("depth", 3.0),)},
        "cut as well",
    ),
    "a diameter of fillets": (
        PLATE,
        {"kinds": ("fillet",), "pins": (Pin("diameter", 3.0),)},
        "which have a diameter",
    ),
    "as an operation that there is none of": (PLATE, {"pins": (Pin("depth", like=7),)}, "of 2"),
    "as an operation without it": (PLATE, {"pins": (Pin("count", like=0),)}, "operation 0 has"),
    "thicker than the box": (
        PLATE,
        {"within": BoundingBox((0, 0, 0), (40, 30, 10)), "pins": (Pin("thickness", 99.0),)},
        "no larger across",
    ),
    "no room": (
        "",
        {"within": BoundingBox((0, 0, 0), (1, 1, 1)), "keep_out": (WIDE,)},
        "no room is left",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_given_part_makes_impossible_is_refused_with_the_reason(name):
    text, said, reason = REFUSED[name]
    part = decode(text) if text else CadSequence(())
    with pytest.raises(InputError, match=reason):
        bound_to(Constraints(**said), part)


def test_it_is_refused_before_the_model_is_asked():
    part = readers.from_sequence(decode(PLATE))
    small = Constraints(within=BoundingBox((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    with pytest.raises(InputError, match="leaves the box already"):
        complete(part, constraints=small, model="no such model", kernel=None)


# --- sizes by name ------------------------------------------------------------------------------


def test_every_operation_says_its_dimensions():
    assert set(DIMENSIONS) == set(OPERATIONS.values())
    assert {name for named in NAMES.values() for name in named.of} <= set(OPERATIONS)


@given(sequences(), st.sampled_from(["diameter 8", "depth 12", "thickness 3", "angle 90"]))
@settings(max_examples=40)
def test_conformed_operations_have_the_pinned_sizes_and_stay_so(part, said):
    pins = pins_of(said)
    for index, operation in enumerate(part.operations):
        before = part.operations[:index]
        made = conformed(operation, before, pins)
        assert type(made) is type(operation)
        for value in sizes(made, before).get(pins[0].name, ()):
            assert value == pytest.approx(pins[0].value, abs=1e-6)
        assert broken(made, before, pins) is None
        assert conformed(made, before, pins) == made


@given(sequences(), st.sampled_from("xyz"))
@settings(max_examples=30)
def test_what_is_drawn_on_both_sides_keeps_what_was_drawn(part, axis):
    plane = plane_of(axis)
    both = on_both_sides(part.operations, 0, plane)
    for old, new in zip(part.operations, both, strict=True):
        if isinstance(old, Sketch):
            assert new.loops[: len(old.loops)] == old.loops
            assert new.plane == old.plane
    assert on_both_sides(both, 0, plane) == both


def test_a_hole_on_one_side_is_drawn_and_cut_on_the_other():
    text = PLATE + DRAWN + "extrude cut to -3 0\n"
    middle = plane_across((1.0, 0.0, 0.0), 20.0)
    part = decode(text)
    both = on_both_sides(part.operations[2:], 2, middle)
    whole = replace(part, operations=(*part.operations[:2], *both))
    assert unlike(solid(part), middle) > 1.0
    assert unlike(solid(whole), middle) < 1e-6
    assert volume_of(solid(part)) - volume_of(solid(whole)) == pytest.approx(
        volume_of(solid(truncate(part, 2))) - volume_of(solid(part))
    )


def test_a_sketch_that_is_being_drawn_keeps_what_the_person_drew():
    begun = decode(PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 3\nloop 20 20\nline 30 20\n")
    bound = bound_to(Constraints(pins=pins_of("diameter 8")), begun)
    goes_on = decode(
        PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 3\nloop 20 20\nline 30 20\nline 25 28\nclose\n"
    )
    (sketch,) = bound.fitted(goes_on.operations[2:])
    assert sketch == goes_on.operations[2]


@pytest.mark.parametrize(
    ("said", "pin"),
    [
        ("diameter 8", Pin("diameter", 8.0)),
        ("Diameter = 8 mm", Pin("diameter", 8.0)),
        ("radius 4", Pin("diameter", 8.0)),
        ("height as operation 1", Pin("thickness", like=1)),
        ("depth 0.5 in", Pin("depth", 12.7)),
        ("count 6", Pin("count", 6.0)),
    ],
)
def test_pins_are_said_in_words(said, pin):
    assert pins_of(said) == (pin,)


@pytest.mark.parametrize(
    "said", ["diameter 0", "diameter -1", "diameter nan", "depth inf", "weight 3", "diameter", "8"]
)
def test_what_is_no_pin_is_refused(said):
    with pytest.raises(InputError, match="--pin"):
        pins_of(said)


@pytest.mark.parametrize("said", ["1,2,3", "a,b,c,d,e,f", ""])
def test_what_is_no_box_is_refused(said):
    with pytest.raises(InputError, match="--within"):
        box_of(said, where="--within")


def test_constraints_are_told_in_words_and_as_plain_values():
    said = Constraints(
        kinds=("extrude",),
        within=box_of("0,0,0,1,2,3", where="--within"),
        symmetric=plane_of("y=4"),
        pins=pins_of("depth 3"),
    )
    assert [what for _, what in told(said)] == [
        "only extrude",
        "within 0,0,0 to 1,2,3",
        "symmetric about y=4",
        "depth 3",
    ]
    assert as_json(said) == {
        "kinds": ["extrude"],
        "within": [0, 0, 0, 1, 2, 3],
        "symmetric": "y=4",
        "pins": ["depth 3"],
    }
    assert not FREE and as_json(FREE) == {}
    assert PartLimits.of(FREE, decode(PLATE)).free


def test_what_is_said_in_several_options_is_all_heard(run):
    for option, first, second in (("--boolean", "glue", "cut"), ("--only", "weld", "extrude")):
        code, _, said = run("complete", PARTS / "flange.json", option, first, option, second)
        assert code == 2 and first in said
