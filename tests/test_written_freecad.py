"""Histories as FreeCAD files: native sketches and features, and the same when read back."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from conftest import PLATE

from cadcomplete.errors import InputError, UnsupportedError
from cadcomplete.exporters import Part, convert
from cadcomplete.exporters.freecad import entries, write_freecad
from cadcomplete.exporters.freecad.objects import quaternion
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.language.lines import decode
from cadcomplete.readers import from_sequence, read
from cadcomplete.readers.freecad.stored import stored_solid

ON_TOP = "sketch 0 0 10 +z +x\n"
BAR = "sketch 0 0 0 +z +x\nloop 0 0\nline 60 0\nline 60 10\nline 0 10\nclose\n"

PARTS = {
    "plate": PLATE,
    "blind": PLATE + ON_TOP + "circle 5 5 2\nextrude cut to 4 0\n",
    "upwards": PLATE + "sketch 0 0 0 +z +x\ncircle 5 5 2\nextrude cut to 4 0\n",
    "both sides": "sketch 1 2 3 -y +x\ncircle 4 5 6\nextrude new sym 9 0\n",
    "two sides": "sketch 0 0 0 +z +x\ncircle 4 5 6\nextrude new from -2 to 3 0\n",
    "two sides of a pocket": PLATE
    + "sketch 0 0 5 +z +x\ncircle 5 5 2\nextrude cut from 3 to 9 0\n",
    "off its sketch": PLATE + "sketch 0 0 0 +z +x\ncircle 20 15 9\nextrude join at 10 to 18 0\n"
    "sketch 0 0 30 +z +x\ncircle 20 15 3\nextrude cut at 18 to 9 0\n"
    "sketch 20 15 0 +x +y\ncircle 0 14 2\nextrude join at 25 sym 34 0\n",
    "askew": "sketch 8 0 0 0.6 0 0.8 +y\ncircle 0 0 5\nextrude new to 9.8 0\n",
    "arcs": "sketch 0 0 0 +z +x\nloop 0 0\nline 30 0\narc 30 20 90\nline 20 30\narc 10 30 -240\n"
    "line 0 30\nclose\nextrude new to 5 0\n",
    "islands": "sketch 0 0 0 +z +x\ncircle 0 0 9\ncircle 0 0 5\nextrude new to 2 0\n"
    "extrude join to 10 0/1\n",
    "turned": BAR + "revolve new to 360 about 0 0 1 0 0\nsketch 0 0 0 +z +x\nloop 30 8\n"
    "line 35 8\nline 35 12\nline 30 12\nclose\nrevolve cut to 90 about 0 0 1 0 0\n",
    "turned to both sides": BAR + "revolve new sym 30 about 0 -5 1 0 0\n",
    "turned back": BAR + "revolve new to -70 about 0 -5 1 0 0\n",
    "holes": PLATE + "hole 0 0 10 +z +x 3 through bore 6 4 at 5 5 35 5\n"
    "hole 0 0 10 +z +x 2 tip 118 to 5 at 8 20\nhole 0 0 10 +z +x 3 to 2 sink 6 90 at 30 22\n",
    "rounded": PLATE + ON_TOP + "circle 5 5 2\ncircle 35 5 2\nextrude cut to 4 0 1\n"
    "fillet 3 side@3/0.0 side@3/0.1\nchamfer 1 end@4/1\n",
    "patterns": PLATE + ON_TOP + "circle 4 4 1\nextrude cut to 0 0\nlinear -y 3 2 @1\n"
    "linear +x 10 4 @2\nmirror 0.6 0.8 0 24 @3\npolar +z 20 15 0 4 180 @4\n",
}


def written(text, folder):
    path = folder / "part.FCStd"
    sequence = decode(text)
    write_freecad(Part(from_sequence(sequence), build(sequence)), path)
    return path


def volumes(sequence):
    """The volume after each operation that builds."""
    found = []
    for index, operation in enumerate(sequence.operations):
        if operation.builds:
            solid = build(truncate(sequence, index + 1))
            assert solid is not None
            found.append(measure(solid).volume)
    return found


def objects(text):
    """The objects of a document: their types and properties, as elements, by their names."""
    root = ET.fromstring(entries(decode(text))["Document.xml"])
    types = {one.get("name", ""): one.get("type", "") for one in root.findall("Objects/Object")}
    data = root.findall("ObjectData/Object")
    assert list(types) == [one.get("name", "") for one in data]
    properties = {
        one.get("name", ""): {p.get("name", ""): p for p in one.findall("Properties/Property")}
        for one in data
    }
    return types, properties


@pytest.mark.parametrize("name", PARTS)
def test_what_is_read_back_has_the_same_features_and_volumes(name, tmp_path):
    before, after = decode(PARTS[name]), read(written(PARTS[name], tmp_path)).sequence
    assert not after.rest
    built = [[type(op).__name__ for op in s.operations if op.builds] for s in (before, after)]
    assert built[0] == built[1]
    assert volumes(after) == pytest.approx(volumes(before), rel=1e-9)


def test_a_body_has_its_features_one_after_the_other():
    types, properties = objects(PARTS["patterns"])
    features = [
        n for n, kind in types.items() if kind.startswith("PartDesign") and "Datum" not in n
    ]
    assert features == [
        *("Body", "Pad", "Pocket", "LinearPattern", "LinearPattern001"),
        *("Mirrored", "PolarPattern"),
    ]
    before = [properties[name]["BaseFeature"][0].get("value") for name in features[1:]]
    assert before == ["", *features[1:-1]]
    assert properties["Body"]["Tip"][0].get("value") == "PolarPattern"


def test_a_sketch_is_held_together_at_its_ends_and_has_no_dimensions():
    _, properties = objects(PLATE)
    constraints = properties["Sketch"]["Constraints"][0]
    kinds = sorted(one.get("Type", "") for one in constraints)
    assert kinds == [*"1111", *"22", *"33"]  # coincident, horizontal, vertical
    assert len(properties["Sketch"]["Geometry"][0]) == 5


def test_edges_are_numbered_in_the_solid_that_is_stored_before_them(tmp_path):
    text = PLATE + "fillet 3 side@1/0.0\n"
    found = entries(decode(text))
    assert "CASCADE Topology V1" in found["Pad.brp"]
    _, properties = objects(text)
    edges = properties["Fillet"]["Base"][0]
    assert edges.get("value") == "Pad"
    assert len(edges) == 1
    # 40 · 30 · 10 less π 5² 10, and less 3² (1 − π/4) 10 at a corner
    volume = 12000 - 250 * math.pi - 90 * (1 - math.pi / 4)
    assert volumes(read(written(text, tmp_path)).sequence)[-1] == pytest.approx(volume, rel=1e-9)


SLOTTED = """sketch 0 0 0 -y +x
loop 0 0
line 40 0
line 40 12
line 0 12
close
loop 16 4
line 24 4
arc 24 8 180
line 16 8
arc 16 4 180
circle 30 6 2
circle 8 6 2
extrude new from -5 to 20 0/1/2/3
sketch 40 0 0 +x +y
circle -14 6 2
circle -6 6 2
extrude cut from 31 to 40 0 1
sketch 5 -10 12 +z +x
circle 0 0 3
circle 0 0 1
extrude join to 15 0/1
chamfer 0.5 40,-12,6 6,-10,15
"""

AS_IN_FREECAD = {
    13: [(20, 5, 12), (14, 5, 6), (20, 5, 8), (26, 5, 6), (20, 5, 4), (6, 5, 6), (28, 5, 6)],
    28: [(36, -12, 6), (31.732, -12.268, 5), (31, -14, 4), (31.732, -15.732, 5)],
    42: [(16, -7.5, 8), (16, -7.5, 4), (24, -7.5, 8), (24, -7.5, 4), (10, -7.5, 6), (32, 0.5, 6)],
    54: [(8, -10, 13.5), (2, -10, 15), (4, -10, 15), (6, -10, 13.5), (4, -10, 12)],
}
"""Of edges from a number on the middles, as FreeCAD 0.20.2 has them after it has recomputed."""


def test_edges_have_the_numbers_that_freecad_gives_them():
    found = entries(decode(SLOTTED))["Pad001.brp"]
    solid = stored_solid(found.encode())
    assert solid is not None
    for first, middles in AS_IN_FREECAD.items():
        edges = solid.edges[first - 1 : first - 1 + len(middles)]
        assert [edge.middle for edge in edges] == [pytest.approx(m, abs=1e-3) for m in middles]
    assert len(solid.edges) == 58


def test_an_axis_of_a_revolution_is_a_construction_line_of_its_sketch():
    _, properties = objects(PARTS["turned"])
    reference = properties["Revolution"]["ReferenceAxis"][0]
    assert (reference.get("value"), reference[0].get("value")) == ("Sketch", "Axis0")
    first = properties["Sketch"]["Geometry"][0][0]
    assert first[0][0].get("geometryModeFlags", "").endswith("10")


def test_the_axis_of_an_ellipse_is_the_longer_one():
    _, properties = objects("sketch 0 0 0 +z +x\nellipse 3 4 5 8 30\nextrude new to 9 0\n")
    drawn = properties["Sketch"]["Geometry"][0][0][1]
    assert drawn.tag == "Ellipse"
    assert float(drawn.get("MajorRadius", 0)) == 8
    assert float(drawn.get("MinorRadius", 0)) == 5
    assert math.degrees(float(drawn.get("AngleXU", 0))) == pytest.approx(120)


def test_a_file_does_not_depend_on_the_clock_and_names_nobody(tmp_path):
    files = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        files.append(written(PLATE, tmp_path / folder).read_bytes())
    assert files[0] == files[1]
    text = entries(decode(PLATE))["Document.xml"]
    assert not any(word in text for word in ("CreatedBy", "LastModified", "Date", "Company"))


def test_a_sketch_that_nothing_sweeps_is_there(tmp_path):
    types, _ = objects(PLATE + ON_TOP + "loop 0 0\nline 5 0\nline 5 9\n")
    assert [name for name in types if name.startswith("Sketch")] == ["Sketch", "Sketch001"]


REFUSED = {
    "two bodies": (
        PLATE + "sketch 99 0 0 +z +x\ncircle 0 0 5\nextrude new to 3 0\n",
        "2 bodies",
    ),
    "an intersection": (
        PLATE + "sketch 0 0 0 +z +x\ncircle 20 15 14\nextrude intersect to 10 0\n",
        "intersect",
    ),
    "a copy of the whole": (PLATE + "mirror +x 0 all\n", "Mirror .of the whole body"),
    "a chamfer of two sizes": (PLATE + "chamfer 1/2 end@1/1\n", "Chamfer .of two sizes"),
    "a fillet behind a pattern": (
        PLATE + ON_TOP + "circle 4 4 1\nextrude cut to 0 0\nlinear +x 10 3 @1\nfillet 1 end@4/0\n",
        "Fillet .behind",
    ),
    "a pattern of a pattern": (PARTS["patterns"] + "mirror +x 20 @1\n", "Mirror .of a pattern"),
    "angles": (BAR + "revolve new from -30 to 60 about 0 -5 1 0 0\n", "different angles"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_body_cannot_say_is_refused_by_name(name, tmp_path):
    text, said = REFUSED[name]
    with pytest.raises(UnsupportedError, match=said):
        written(text, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("operation", ["extrude cut to 3 0", "hole 0 0 0 +z +x 3 through at 1 1"])
def test_a_cut_of_nothing_is_refused(operation):
    with pytest.raises(InputError, match="nothing to"):
        entries(decode(f"sketch 0 0 0 +z +x\ncircle 0 0 5\n{operation}\n"))


@pytest.mark.parametrize(
    "plane",
    [
        XY,
        Plane((0.0, 0.0, 0.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)),
        Plane((0.0, 0.0, 0.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)),
        Plane((0.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.6, -0.8)),
        Plane.of((0.0, 0.0, 0.0), (1.0, 2.0, -3.0), (2.0, 1.0, 0.3)),
    ],
)
def test_a_quaternion_turns_the_axes_of_the_world_to_those_of_a_plane(plane):
    x, y, z, w = quaternion(plane)
    turn = np.array(  # the rotation matrix of a unit quaternion
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    axes = np.column_stack([plane.x_axis, plane.y_axis, plane.normal])
    np.testing.assert_allclose(turn, axes, atol=1e-14)


def test_converting_says_that_rounded_edges_are_to_be_looked_at(tmp_path):
    rounded = from_sequence(decode(f"{PLATE}fillet 2 side@1/0.0\n"))
    (said,) = convert(rounded, tmp_path / "part.FCStd")
    assert said.startswith("look at the fillets and chamfers in FreeCAD")
    assert convert(from_sequence(decode(PLATE)), tmp_path / "plate.FCStd") == ()
