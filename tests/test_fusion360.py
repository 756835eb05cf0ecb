"""Reading Fusion 360 Gallery reconstruction files, in centimetres."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from conftest import real
from omnicad_documents import (
    PLATE,
    arc,
    changed,
    circle,
    document,
    drawn,
    extrude,
    extruded,
    line,
    profile,
    read,
    rectangle,
    sketch,
    text,
)

from cadcomplete import readers
from cadcomplete.errors import ReadError
from cadcomplete.history.curves import Arc
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Profile, Sketch
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.readers import fusion360

Json = dict[str, Any]

FILES = ("Couch", "Hexagon", "SingleSketchExtrude")
CONIC = {"type": "ConicCurve3D", "curve": "JD"}
OFFSET = {"type": "OffsetCurve3D", "curve": "JE"}


def fusion(*timeline: str, **entities: Json) -> Json:
    """A document as Fusion writes it: a timeline, and a sequence that lists single curves."""
    raw = document(**entities)
    listed = [{"index": i, "entity": key} for i, key in enumerate(timeline or entities)]
    curves = [{"index": 0, "type": "Sketch", "entity": "S", "curve": "JA", "timeline": 0}] * 4
    return {"metadata": {}, "timeline": listed, **raw, "sequence": curves}


def plate(**parts: Json) -> Json:
    """A plate of 4 × 3 × 1 cm, or with other entities in place of these."""
    outline = sketch(P=profile(rectangle(0, 0, 4, 3)))
    return fusion(**({"S": outline, "E": extrude("S.P", distance=1.0)} | parts))


def symmetric(*, full: object, distance: float = 1.0) -> Json:
    entity = extrude("S.P", distance=distance, extent="symmetric")
    entity["extent_one"] |= {"type": "SymmetricExtentDefinition", "is_full_length": full}
    return entity


# --- what it says -------------------------------------------------------------------------------


def test_lengths_are_centimetres():
    assert read(plate()).origin == "fusion360"
    assert text(plate()) == PLATE


def test_a_document_without_a_timeline_is_not_of_this_kind():
    raw = plate()
    del raw["timeline"]
    assert not fusion360.matches(raw)


def test_operations_come_in_the_order_of_the_timeline():
    entities = {
        "E": extrude("S.P", distance=1.0),
        "F": extrude("S.P", distance=-0.5, operation="join"),
        "S": sketch(P=profile(rectangle(0, 0, 4, 3))),
    }
    booleans = [
        op.boolean for op in read(fusion("S", "F", "E", **entities)).sequence.operations[1:]
    ]
    assert booleans == [Boolean.JOIN, Boolean.NEW_BODY]


def test_a_symmetric_extent_of_full_length_reaches_half_of_it_to_each_side():
    assert extruded(plate(E=symmetric(full=True))).extent == Extent(ExtentType.SYMMETRIC, 5.0)


def test_a_symmetric_extent_of_half_length_reaches_all_of_it_to_each_side():
    assert extruded(plate(E=symmetric(full=False))).extent == Extent(ExtentType.SYMMETRIC, 10.0)


def test_a_two_sided_extent_keeps_both_its_distances():
    both = extrude("S.P", distance=1.0, against=0.25, extent="two")
    assert extruded(plate(E=both)).extent == Extent(ExtentType.TWO_SIDED, 10.0, 2.5)


@pytest.mark.parametrize(("normal", "mid"), [((0, 0, 1), (0, 10)), ((0, 0, -1), (0, -10))])
def test_an_arc_runs_about_its_normal(normal, mid):
    # Half a circle of 1 cm from (1, 0) to (-1, 0): the ends alone do not tell which half.
    half = arc((1, 0), (-1, 0), radius=1.0, sweep=3.141592653589793, normal=normal)
    curve = drawn(plate(S=sketch(P=profile([half, line((-1, 0), (1, 0))])))).loops[0].curves[0]
    assert isinstance(curve, Arc)
    assert curve.mid == pytest.approx(mid, abs=1e-9)


def test_a_new_component_is_a_new_body():
    entity = extrude("S.P", distance=1.0) | {"operation": "NewComponentFeatureOperation"}
    assert extruded(plate(E=entity)).boolean is Boolean.NEW_BODY


def test_neighbouring_profiles_are_all_kept_and_share_their_loops():
    hole = [circle((2, 1.5), 0.5)]
    outline = sketch(P=profile(rectangle(0, 0, 4, 3), hole), Q=profile(hole))
    raw = plate(S=outline)
    assert len(drawn(raw).loops) == 2
    assert extruded(raw).profiles == (Profile(0, 0, (1,)),)


def test_a_sketch_that_nothing_extrudes_stays():
    raw = plate(T=sketch(P=profile([circle((9, 9), 1)])))
    assert isinstance(read(raw).sequence.operations[2], Sketch)


def test_a_sketch_without_profiles_stays_and_has_no_loops():
    empty = sketch()
    del empty["profiles"]
    assert drawn(fusion(S=empty)).loops == ()


def test_construction_lines_are_not_geometry():
    outline = sketch(P=profile(rectangle(0, 0, 4, 3)))
    outline["curves"] = {"x": {"type": "SketchFittedSpline", "construction_geom": True}}
    assert text(plate(S=outline)) == PLATE


# --- what there is no operation, curve or option for --------------------------------------------


def unsupported(raw: Json) -> tuple[str, ...]:
    return read(raw).sequence.unsupported


def test_a_profile_with_a_curve_that_is_not_known_is_left_out_when_nothing_extrudes_it():
    outline = sketch(P=profile(rectangle(0, 0, 4, 3)), Q=profile([CONIC, line((0, 0), (1, 1))]))
    assert text(plate(S=outline)) == PLATE


def test_all_that_is_unsupported_is_named():
    outline = sketch(P=profile([CONIC]), Q=profile([circle((0, 0), 1)], [OFFSET]))
    first = extrude("S.P", "S.Q", distance=1.0)
    second = extrude("S.Q") | {"start_extent": {"type": "FromEntityStartDefinition"}}
    second["extent_one"] = {"type": "ToEntityExtentDefinition"}
    raw = fusion(S=outline, E=first, F=second, R={"type": "RevolveFeature"})
    assert unsupported(raw) == (
        "ConicCurve3D",
        "FromEntityStartDefinition",
        "OffsetCurve3D",
        "RevolveFeature",
        "ToEntityExtentDefinition",
    )


def test_a_taper_of_the_second_side_counts_only_where_there_is_one():
    tapered = extrude("S.P", distance=1.0)
    tapered["extent_two"]["taper_angle"]["value"] = 0.1
    assert text(plate(E=tapered)) == PLATE
    tapered["extent_type"] = "TwoSidesFeatureExtentType"
    _, extrude_ = read(plate(E=tapered)).sequence.operations
    assert extrude_.extent.taper == 0
    assert extrude_.extent.taper_against == pytest.approx(-math.degrees(0.1), abs=1e-8)


def test_a_taper_is_positive_here_where_it_is_negative_there():
    """Fusion API: a negative angle tapers inward, in radians."""
    tapered = extrude("S.P", distance=1.0)
    tapered["extent_one"]["taper_angle"]["value"] = -math.radians(5)
    (line,) = (row for row in text(plate(E=tapered)).splitlines() if row.startswith("extrude"))
    assert line == "extrude new taper 5 to 10 0"


@pytest.mark.parametrize(
    ("extent", "said"), [("one", "at 20 to 30"), ("symmetric", "at 20 sym 25")]
)
def test_a_start_offset_lifts_all_of_an_extrude(extent, said):
    raised = symmetric(full=True) if extent == "symmetric" else extrude("S.P", distance=1.0)
    raised["start_extent"] = {"type": "OffsetStartDefinition", "offset": {"value": 2.0}}
    (line,) = (row for row in text(plate(E=raised)).splitlines() if row.startswith("extrude"))
    assert line == f"extrude new {said} 0"


def test_a_profile_off_the_plane_of_its_sketch_is_not_moved_onto_it():
    raised = [line((*a, 0.5), (*b, 0.5)) for a, b in (((0, 0), (1, 0)), ((1, 0), (0, 0)))]
    assert unsupported(plate(S=sketch(P=profile(raised)))) == ("3D sketch",)


def test_what_comes_later_does_not_change_what_is_read_before():
    mixed = sketch(P=profile(rectangle(0, 0, 4, 3)), Q=profile([CONIC]))
    raw = plate(S=mixed, T=sketch(P=profile([circle((2, 1), 1)])), F=symmetric(full=True))
    whole = read(raw).sequence.operations
    for keep in range(len(whole) + 1):
        shorter = {**raw, "timeline": raw["timeline"][:keep]}
        assert read(shorter).sequence.operations == whole[:keep]


# --- what is wrong ------------------------------------------------------------------------------

FULL = ("entities", "E", "extent_one", "is_full_length")


@pytest.mark.parametrize(
    ("path", "value", "where", "problem"),
    [
        (("entities",), [], "$.entities", "wrong type"),
        (("timeline",), None, "$.timeline", "wrong type"),
        (("timeline", 0), 3, "$.timeline[0]", "wrong type"),
        (("timeline", 1, "entity"), "X", "$.timeline[1].entity", "no such entity"),
        (("entities", "S"), 5, "$.entities.S", "wrong type"),
        (("entities", "S", "type"), None, "$.entities.S.type", "wrong type"),
        (("entities", "S", "profiles"), [], "$.entities.S.profiles", "wrong type"),
        (("entities", "S", "profiles", "P"), 1, "$.entities.S.profiles.P", "wrong type"),
        (("entities", "E", "profiles", 0, "profile"), "Q", "$.entities.E.profiles[0]", "no such"),
        (("entities", "E", "operation"), 5, "$.entities.E.operation", "wrong type"),
        (("entities", "E", "start_extent"), ..., "$.entities.E.start_extent", "missing key"),
        (FULL, ..., "$.entities.E.extent_one.is_full_length", "wrong type"),
        (FULL, 1, "$.entities.E.extent_one.is_full_length", "wrong type"),
    ],
)
def test_the_place_of_what_is_wrong_is_named(path, value, where, problem):
    raw = changed(plate(E=symmetric(full=True)), path, value)
    with pytest.raises(ReadError) as caught:
        read(raw)
    assert caught.value.where.startswith(where)
    assert problem in str(caught.value)


def test_a_length_beyond_what_can_be_used_is_said_in_centimetres():
    with pytest.raises(ReadError, match="a number of centimetres up to 1000000, got"):
        read(plate(E=symmetric(full=True, distance=1e308)))


# --- real files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_gives_the_part_that_it_describes(name):
    raw = json.loads((real("fusion360_native") / f"{name}.json").read_text())
    solid = build(readers.parse(json.dumps(raw)).sequence)
    assert solid
    found, said = measure(solid), raw["properties"]
    assert found.volume == pytest.approx(said["volume"] * 1e3, rel=1e-9)  # cm³ in mm³
    assert found.area == pytest.approx(said["area"] * 1e2, rel=1e-9)
    for corner, key in (
        (found.bounding_box.minimum, "min_point"),
        (found.bounding_box.maximum, "max_point"),
    ):
        assert corner == pytest.approx([10 * said["bounding_box"][key][a] for a in "xyz"], abs=1e-6)


def test_a_real_file_gives_the_volume_of_its_step_file():
    from OCP.BRepGProp import BRepGProp
    from OCP.GProp import GProp_GProps
    from OCP.STEPControl import STEPControl_Reader

    folder = real("fusion360_native")
    reader, properties = STEPControl_Reader(), GProp_GProps()
    reader.ReadFile(str(folder / "Couch.step"))
    reader.TransferRoots()
    BRepGProp.VolumeProperties_s(reader.OneShape(), properties)
    solid = build(readers.read(folder / "Couch.json").sequence)
    assert solid
    assert solid.volume == pytest.approx(properties.Mass(), rel=1e-6)


@pytest.mark.parametrize("name", FILES)
def test_a_prefix_of_a_real_file_gives_a_prefix_of_its_history(name):
    raw = json.loads((real("fusion360_native") / f"{name}.json").read_text())
    whole = fusion360.parse(raw).operations
    for keep in range(len(whole) + 1):
        assert (
            fusion360.parse({**raw, "timeline": raw["timeline"][:keep]}).operations == whole[:keep]
        )
