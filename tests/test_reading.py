"""Files as they come: packed, with byte order marks, in capitals, out of order, made by others."""

from __future__ import annotations

import gzip
import json
import math
import time

import numpy as np
import pytest
from conftest import PARTS
from omnicad_documents import (
    changed,
    document,
    extrude,
    line,
    plate,
    profile,
    rectangle,
    sketch,
)

import cadcomplete
from cadcomplete import readers
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, Skipped, find
from cadcomplete.data.truncate import Truncated, truncate_folder
from cadcomplete.errors import InputError, ReadError
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.kernel.build import build
from cadcomplete.language.lines import decode, encode
from cadcomplete.readers import Importer, content, omnicad
from cadcomplete.readers.scripts.budget import MOST_CURVES

TEXT = json.dumps(plate())
WHOLE = readers.parse(TEXT).sequence.operations


def refused(path) -> str:
    with pytest.raises(ReadError) as caught:
        readers.read(path)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value).removeprefix(f"{path}: ")


# --- how a file is stored -----------------------------------------------------------------------

PACKED = gzip.compress(TEXT.encode())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plate.JSON", TEXT.encode()),
        ("plate.json", b"\xef\xbb\xbf" + TEXT.encode()),
        ("plate.json", TEXT.encode("utf-16")),
        ("plate.json", TEXT.encode("utf-32")),
        ("plate.json.gz", PACKED),
        ("plate.Json.GZ", gzip.compress(TEXT.encode("utf-8-sig"))),
        ("plate.json", PACKED),
        (
            "plate.json.gz",
            gzip.compress(TEXT[:9].encode()) + gzip.compress(TEXT[9:].encode()),
        ),
        ("plate", TEXT.encode()),
    ],
)
def test_a_file_is_told_by_what_it_begins_with(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    sequence = readers.read(path).sequence
    assert (sequence.operations, sequence.id) == (WHOLE, "plate")


def test_text_in_lines_and_scripts_may_have_a_byte_order_mark(tmp_path):
    lines, script = tmp_path / "a.LINES", tmp_path / "b.Py"
    lines.write_bytes(("﻿" + encode(CadSequence(WHOLE)).text).encode())
    script.write_bytes("import cadquery as cq\nr = cq.Workplane().box(1, 2, 3)\n".encode("utf-16"))
    assert readers.read(lines).sequence.operations == WHOLE
    with pytest.raises(ReadError, match="imports neither"):  # nobody writes a script so
        readers.read(script)
    script.write_text("```python\nimport cadquery as cq\nr = cq.Workplane().box(1, 2, 3)\n```\n")
    assert len(readers.read(script).sequence) == 2


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.json.gz", PACKED[:-20], "packed with gzip, and cut off"),
        ("a.json.gz", PACKED[:40] + b"\xff" * 400, "packed with gzip, and damaged"),
        ("a.json", TEXT.encode("utf-16-le"), "text in UTF-16 without a byte order mark (save it"),
        ("a.json", b"\xff\xfe" + b"\0\xd8", "the file begins as text in UTF-16, but is not"),
        ("a.json", b"", "not JSON: the file is empty"),
        ("a.json", b'{"sequence":\n[NaN]}', "at line 2: not JSON: invalid character: got NaN]}"),
        ("a.step", b"ISO-10303-21;\n", "a STEP file has a shape, but no history to go on from"),
        ("a.STP", b"", "a STEP file has a shape"),
        ("a.json", b"ISO-10303-21;\n", "a STEP file has a shape"),
        ("a.stl", b"solid x\nfacet normal 0 0 1\n", "an STL file has a shape"),
        ("a", bytes(80) + b"\x01\0\0\0" + bytes(50), "an STL file has a shape"),
        ("a.obj", b"v 0 0 0\n", "a mesh has a shape"),
        ("a.npy", b"\x93NUMPY", "a cloud of points has a shape"),
        ("a.png", b"\x89PNG", "a picture has no history to go on from (a picture of the wanted"),
        ("a.F3D", b"PK\3\4", "files of Fusion 360 are not read here (export its shape as STEP"),
        ("a.txt", b"a plate", "not a CAD history: expected a file that ends in .json, .lines"),
        ("a.py", b"x = 1\n", "the script imports neither build123d nor cadquery"),
    ],
)
def test_a_file_that_is_no_history_is_told_what_it_is_and_what_to_do(tmp_path, name, data, said):
    path = tmp_path / name
    path.write_bytes(data)
    message = refused(path)
    assert said in message
    if "has a shape" in message:
        assert f"rebuild one from it with: cadcomplete rebuild {path}" in message


def test_a_packed_file_that_unfolds_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "MOST_BYTES", 1000)
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b" " * 10_000))
    assert refused(path).startswith("a packed file that is too large: expected up to 1000 bytes")


def test_a_folder_finds_files_in_capitals_and_packed_ones(tmp_path):
    (tmp_path / "a.JSON").write_text(TEXT)
    (tmp_path / "b.json.gz").write_bytes(PACKED)
    (tmp_path / "c.json").write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert [name for _, name in find(tmp_path)] == ["a", "b", "c"]
    assert all(isinstance(item, Sample) for item in read_samples(tmp_path))
    written = list(truncate_folder(tmp_path, tmp_path / "out"))
    assert all(isinstance(item, Truncated) for item in written)
    for name in "abc":
        assert json.loads((tmp_path / "out" / f"{name}.json").read_text()) == plate()


# --- what a sketch has to be told about ---------------------------------------------------------


def remarks(raw):
    document = readers.parse(json.dumps(raw))
    assert json.loads(document.dump()) == raw
    return [f.problem for f in validate(document.sequence)], document.sequence


def test_curves_out_of_order_are_put_in_order_if_they_make_one_loop():
    sides = rectangle(0, 0, 0.04, 0.03)
    shuffled = [sides[0], sides[2], sides[1], sides[3]]
    found, sequence = remarks(plate(S=sketch(P=profile(shuffled))))
    assert found == [
        "the curves of $.entities.S.profiles.P.loops[0] are not in their order: put in order"
    ]
    assert build(sequence).volume == pytest.approx(12_000)
    reversed_ = [sides[1], sides[0], line((0, 0.03), (0.04, 0.03)), sides[3]]
    _, sequence = remarks(plate(S=sketch(P=profile(reversed_))))
    assert build(sequence).volume == pytest.approx(12_000)


def test_two_loops_in_one_list_are_not_put_in_order():
    two = [*rectangle(0, 0, 1, 1), *rectangle(3, 3, 4, 4)]
    with pytest.raises(ReadError, match="no other order makes a closed loop"):
        readers.parse(json.dumps(plate(S=sketch(P=profile(two)))))


def test_left_handed_and_skew_axes_are_a_finding():
    outline = profile(rectangle(0, 0, 0.04, 0.03))
    found, sequence = remarks(plate(S=sketch(y=(0, -1, 0), P=outline)))
    assert found == ["left-handed axes: y_axis is not followed, but z_axis × x_axis"]
    assert sequence.operations == WHOLE
    found, _ = remarks(plate(S=sketch(x=(1, 0, 0.1), P=outline)))
    assert found[0].startswith("x_axis is not at right angles to z_axis")
    found, _ = remarks(plate(S=sketch(y=("a", "b", "c"), P=outline)))
    assert found == []


def test_curves_off_the_plane_are_a_finding():
    sides = rectangle(0, 0, 0.04, 0.03)
    sides[1]["end_point"]["z"] = 0.01
    assert remarks(plate(S=sketch(P=profile(sides))))[0] == [
        "curves lie up to 10 mm off the plane: they are drawn in the plane"
    ]
    sides[1]["end_point"]["z"] = 1e-7  # noise
    assert remarks(plate(S=sketch(P=profile(sides))))[0] == []


def test_what_is_said_of_an_operation_leaves_with_it():
    raw = document(
        "S", "E", "T", S=plate()["entities"]["S"], E=extrude("S.P"), T=sketch(y=(0, -1, 0))
    )
    whole = readers.parse(json.dumps(raw))
    assert whole.sequence.operations[2].remarks
    assert not any(op.remarks for op in whole.truncated(2).sequence.operations)


def test_curves_that_are_too_short_to_be_told_are_left_out():
    sides = rectangle(0, 0, 0.04, 0.03)
    sides.insert(1, line((0.04, 0), (0.04, 1e-12)))
    found, sequence = remarks(plate(S=sketch(P=profile(sides))))
    assert "shorter than a nanometre are left out" in found[0]
    assert sequence.operations == WHOLE


# --- Text2CAD -----------------------------------------------------------------------------------


def text2cad(**part):
    corners = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.25], [0.0, 0.25]]
    lines = {
        f"line_{i}": {"Start Point": a, "End Point": b}
        for i, (a, b) in enumerate(zip(corners, [*corners[1:], corners[0]], strict=True), start=1)
    }
    circle = {"circle_1": {"Center": [0.25, 0.125], "Radius": 0.05}}
    first = {
        "coordinate_system": {"Euler Angles": [0, 0, -90.0], "Translation Vector": [0, 0.25, 0]},
        "sketch": {"face_1": {"loop_1": lines, "loop_2": circle}},
        "extrusion": {
            "extrude_depth_towards_normal": 0.25,
            "extrude_depth_opposite_normal": 0.0,
            "sketch_scale": 0.5,
            "operation": "NewBodyFeatureOperation",
        },
    }
    return {"parts": {"part_1": first | part}}


def test_the_minimal_json_of_text2cad_is_read():
    sequence = readers.parse(json.dumps(text2cad())).sequence
    drawn, made = sequence.operations
    assert isinstance(drawn, Sketch)
    assert isinstance(made, Extrude)
    assert drawn.plane.normal == (0, -1, 0)  # as DeepCAD's 00210245 has it beside this text
    assert drawn.plane.x_axis == (1, 0, 0)
    assert drawn.plane.origin == (0, 32, 0)
    assert made.profiles[0].holes == (1,)
    # 64 × 32 mm less a hole of radius 6.4 mm, 32 mm deep
    assert build(sequence).volume == pytest.approx((64 * 32 - math.pi * 6.4**2) * 32)
    assert "1 is read as 128 mm" in validate(sequence)[0].problem


@pytest.mark.parametrize(
    ("angles", "x_axis", "normal"),
    [  # what DeepCAD's files have where Text2CAD says these angles
        ([0, 0, 0], (1, 0, 0), (0, 0, 1)),
        ([0, 0, -90], (1, 0, 0), (0, -1, 0)),
        ([-90, 0, -90], (0, 1, 0), (1, 0, 0)),
    ],
)
def test_the_angles_of_text2cad_are_those_of_deepcads_planes(angles, x_axis, normal):
    system = {"Euler Angles": angles, "Translation Vector": [0, 0, 0]}
    plane = (
        readers.parse(json.dumps(text2cad(coordinate_system=system))).sequence.operations[0].plane
    )
    assert (plane.x_axis, plane.normal) == (x_axis, normal)


@pytest.mark.parametrize(
    ("path", "value", "where", "problem"),
    [
        (("coordinate_system", "Euler Angles"), [0, 0], ".coordinate_system.Euler Angles", "wrong"),
        (("extrusion", "operation"), "Glue", ".extrusion.operation", "unknown value"),
        (("extrusion", "extrude_depth_towards_normal"), "1", ".extrusion.extrude_depth", "number"),
        (("sketch", "face_1"), [], ".sketch.face_1", "wrong type"),
        (
            ("sketch", "face_1", "loop_1", "line_1", "End Point"),
            [0.5],
            ".sketch.face_1.loop_1.line_1.End Point",
            "wrong type",
        ),
    ],
)
def test_what_is_wrong_in_text2cad_is_named_with_its_place(path, value, where, problem):
    with pytest.raises(ReadError) as caught:
        readers.parse(json.dumps(changed(text2cad(), ("parts", "part_1", *path), value)))
    assert caught.value.where.startswith(f"$.parts.part_1{where}")
    assert problem in caught.value.problem


# --- reading is bounded -------------------------------------------------------------------------

CQ, B3D = "import cadquery as cq\nr = cq.Workplane().box(1, 1, 1)\n", "from build123d import *\n"
CURVES = f"the script makes more than {MOST_CURVES:,} curves"
WORK = "the script takes more work than a part needs"

ATTACKS = {
    "a union with itself": (CQ + "r = r.union(r)\n" * 20, CURVES),
    "a sum with itself": (B3D + "b = Box(1, 1, 1)\n" + "b = b + b\n" * 40, CURVES),
    "a stack": (CQ + "r = r.add(r)\n" * 60 + "r = r.union(r)\n", WORK),
    "places of places": (
        B3D + "with BuildPart() as p:\n  with GridLocations(1, 1, 30, 30):\n"
        "    Box(1, 1, 1)\n" + "    Box(1, 1, 1)\n" * 9,
        CURVES,
    ),
    "ranges": (CQ + "for i in range(90000):\n a = range(100000)\n", WORK),
    "lists of ranges": (CQ + "a = [range(100000) for i in range(90000)]\n", WORK),
    "arguments": (CQ + "b = range(100000)\na = [max(*b) for i in range(90000)]\n", WORK),
    "lists in lists": (CQ + "a = [1]\nfor i in range(90000):\n a = [a]\n", WORK),
    "curves with themselves": (B3D + "l = Line((0, 0), (1, 1))\n" + "l = l + l\n" * 40, "curves"),
    "a deep sum": (CQ + "a = 1" + "+1" * 100_000, "nested too deeply"),
    "a deep chain": (CQ + "a = r" + ".b" * 100_000, "nested too deeply"),
    "a long file": (CQ + "#" * 300_001, "a script that is too long"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_script_that_asks_for_far_too_much_is_refused_within_seconds(tmp_path, name):
    text, said = ATTACKS[name]
    path = tmp_path / "part.py"
    path.write_text(text)
    started = time.process_time()
    assert said in refused(path)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "call",
    ["max()", "min(3)", "round(2.5, 1.5)", "max([])", "min(1, None)", "abs('a')", "int([1])"],
)
def test_a_wrong_argument_is_refused_with_its_line(tmp_path, call):
    path = tmp_path / "part.py"
    path.write_text(f"import cadquery as cq\nr = cq.Workplane().box({call}, 1, 1)\n")
    assert refused(path).startswith("at line 2: ")


def test_the_least_and_greatest_of_a_list_are_numbers(tmp_path):
    path = tmp_path / "part.py"
    path.write_text("import cadquery as cq\nr = cq.Workplane().box(max([2, 5]), min(3, 4), 1)\n")
    assert build(readers.read(path).sequence).volume == pytest.approx(15)


@pytest.mark.parametrize("entity", ["S", "E"])
def test_a_history_that_lists_one_entity_a_thousand_times_is_refused_by_count(monkeypatch, entity):
    squares = {f"P{i}": profile(rectangle(i, 0, i + 1, 1)) for i in range(100)}
    raw = plate(S=sketch(**squares), E=extrude(*(f"S.{name}" for name in squares)))
    monkeypatch.setattr(omnicad, "MOST_CURVES", 4_000)
    for count, said in ((50, "too many curves"), (20_000, "too many operations")):
        keys = ["S", *[entity] * count]
        raw["sequence"] = [{"index": i, "entity": key} for i, key in enumerate(keys)]
        with pytest.raises(ReadError, match=said):
            readers.parse(json.dumps(raw))


def test_a_folder_goes_on_past_every_file_that_cannot_be_read(tmp_path, monkeypatch):
    def mistaken(data, *, id):
        raise TypeError("a mistake of ours")

    monkeypatch.setitem(readers.IMPORTERS, "lines", Importer(".lines", bool, mistaken))
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.py").write_text("import cadquery\nx = max()\n")
    (source / "b.py").write_text(ATTACKS["a union with itself"][0])
    (source / "c.lines").write_text("sketch 0 0 0 +z +x\n")
    (source / "d.json").write_text("{}")
    (source / "e.json").write_text(TEXT)
    for found in (truncate_folder(source, tmp_path / "out"), read_samples(source)):
        *skipped, whole = found
        assert all(isinstance(item, Skipped) for item in skipped)
        assert len(skipped) == 4
        assert skipped[2].reason == "unexpected TypeError: a mistake of ours"
        assert isinstance(whole, Truncated | Sample)


# --- what rounds to nothing ---------------------------------------------------------------------

SMALL = '{"sequence":[{"type":"sketch","plane":%s},{"type":"circle","center":[0,0],"radius":%s}]}'
PLANE = '{"origin":[0,0,0],"normal":[0,0,1],"x_axis":[1,0,0]}'


def test_a_radius_that_rounds_to_nothing_is_a_finding_and_can_be_read_again():
    sequence = readers.parse(SMALL % (PLANE, "1e-7")).sequence
    assert [f.problem for f in validate(sequence)] == [
        "a circle whose radius of 1e-07 mm is less than can be told"
    ]
    for text_format, radius in (("lines", 1e-6), ("json", 1e-7), ("numbers", 1e-6)):
        text = encode(sequence, text_format=text_format).text
        again = decode(text, text_format=text_format)
        assert again.operations[0].loops[0].curves[0].radius == radius
        assert encode(again, text_format=text_format).text == text
    assert validate(readers.parse(SMALL % (PLANE, "1e-6")).sequence) == ()


def test_a_height_that_rounds_to_nothing_at_its_place_is_a_finding():
    text = "sketch 0 0 9000 +z +x\ncircle 0 0 5\nextrude new to 9001 0\n"
    sequence = decode(text)
    flat = readers.from_sequence(sequence).dump().replace('"distance":1', '"distance":0.0001')
    found = [f.problem for f in validate(readers.parse(flat).sequence)]
    assert found == ["the extrude's height of 0.0001 mm is less than can be told at its place"]
    assert validate(sequence) == ()


# --- in Python, and on the command line ---------------------------------------------------------


def test_paths_may_be_strings(tmp_path):
    part, cloud = tmp_path / "part.lines", tmp_path / "part.npy"
    part.write_text("sketch 0 0 0 +z +x\ncircle 0 0 5\n")
    turns = np.linspace(0, 2 * np.pi, 400)
    side = np.stack([5 * np.cos(turns), 5 * np.sin(turns), np.linspace(0, 10, 400)], axis=1)
    ends = side * [0.5, 0.5, 0] + np.tile([[0, 0, 0], [0, 0, 10]], (200, 1))
    np.save(cloud, np.concatenate([side, ends]))
    found = cadcomplete.complete(str(part), n=1, points=str(cloud), only_next=True)
    assert found.completions[0].operations_added == 1
    with pytest.raises(InputError, match="cannot read the file"):
        cadcomplete.complete("nowhere.json")
    with pytest.raises(InputError, match="seed"):
        cadcomplete.complete(str(part), seed=-1)


def test_a_caption_that_is_far_too_long_is_named():
    with pytest.raises(InputError, match="the caption is too long for this model"):
        cadcomplete.complete(PARTS / "flange.json", caption="a round plate " * 8000)


def test_a_negative_seed_is_refused(run):
    for command in (["complete", PARTS / "flange.json"], ["synthesize", "x"], ["evaluate", "x"]):
        code, _, err = run(*command, "--seed", -1)
        assert (code, "seed" in err, "unexpected" in err) == (2, True, False)


def test_the_kernel_keeps_its_reports_off_standard_output(tmp_path, capfd):
    from cadcomplete.exporters import convert
    from cadcomplete.kernel.step import read_step

    convert(readers.parse(TEXT), tmp_path / "plate.step")
    assert read_step(tmp_path / "plate.step").volume == pytest.approx(12_000)
    assert capfd.readouterr().out == ""
