"""Errors of each room that a person can come to: what they say, and where they say it is."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from conftest import PLATE
from PIL import Image
from tokenizers import Tokenizer, models
from tokenizers.pre_tokenizers import ByteLevel

import cadcomplete
from cadcomplete import readers
from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.read import read_scan
from cadcomplete.clouds.shape import without_mark
from cadcomplete.errors import (
    CheckpointError,
    ConfigError,
    GeometryError,
    InputError,
    ReadError,
    TextError,
    UnsupportedError,
)
from cadcomplete.fitting.space.wanted import LEAST, _checked
from cadcomplete.history.crossings import crossing
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import XY
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Loop, Profile
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.simple_loops import MOST_CURVES, simple_loops
from cadcomplete.kernel.edges import face
from cadcomplete.kernel.polygons import round_part
from cadcomplete.kernel.sweep import sweep
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.lines import Text, decode, encode
from cadcomplete.language.tokenizer import END, TextTokenizer, shipped
from cadcomplete.model.inputs import LONGEST, SMALLEST, picture, surface
from cadcomplete.model.loading import DEVICES, device_named
from cadcomplete.readers import native
from cadcomplete.readers.loops import MOST_LOOPS, group_loops

SKETCH = "sketch 0 0 0 +z +x\n"
ROWS = np.random.default_rng(0).normal(size=(40, 3))
ROWS /= np.linalg.norm(ROWS, axis=1)[:, None]


# --- texts --------------------------------------------------------------------------------------

LINES = {
    "closing nothing": ("loop 0 0\nclose\n", "close needs a curve before it", 3),
    "an extent without its end": (
        "circle 0 0 5\nextrude new from 5\n",
        "extrude is too short: expected boolean, extent, profiles",
        3,
    ),
    "an extent with another end": (
        "circle 0 0 5\nextrude new from 5 up 9 0\n",
        "extent from a number without its end: expected to, got up",
        3,
    ),
    "an arc of no degrees": (
        "loop 0 0\narc 5 0 0\n",
        "not a sweep: expected degrees between -360 and 360, not 0, got 0.0",
        3,
    ),
    "an arc of a whole turn": ("loop 0 0\narc 5 0 360\n", "not a sweep", 3),
    "a circle of no size": ("circle 0 0 0\n", "not a size: expected a number above 0, got 0.0", 2),
    "a number too large": (
        "circle 0 0 99999999\n",
        "not a length: expected a number up to 10000000 mm",
        2,
    ),
    "a number with a plus": ("circle +1 0 5\n", "not a number: expected a decimal such as 12.5", 2),
    "two spaces": ("circle 0  0 5\n", "not a number", 2),
    "too many words": ("circle 0 0 5 6\n", "circle is too long: expected the end of the line", 2),
    "too few words": (
        "circle 0 0\n",
        "circle is too short: expected center, radius, got circle 0 0",
        2,
    ),
    "an unknown command": (
        "blob 1\n",
        "unknown command: expected one of loop, close, line, arc, circle, ellipse, ellipsearc",
        2,
    ),
    "a loop that is not there": (
        "circle 0 0 5\nextrude new to 5 0/7\n",
        "no such loop",
        3,
    ),
    "a sketch that is not there": (
        "circle 0 0 5\nextrude new to 5 @3:0\n",
        "no such sketch: expected at most 1 before, got 3",
        3,
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_a_wrong_line_says_what_is_wrong_and_is_named_by_its_number(name):
    more, problem, number = LINES[name]
    with pytest.raises(TextError) as caught:
        decode(SKETCH + more)
    assert problem in str(caught.value)
    assert caught.value.where == f"line {number}"


NUMBERS = {
    "no number": ("circle x +5 +5", "not a number"),
    "a reference to nothing": ("circle n7 +5 +5", "no such number before"),
    "an unknown command": ("blob +5", "unknown command: expected one of sketch, loop, line"),
    "too short": ("circle 0 0", "circle is too short: got circle 0 0"),
    "an extent of no kind": (
        "extrude @0:0 new up +5",
        "unknown extent: expected to with a number, through, next or face",
    ),
    "an extent of no end": (
        "extrude @0:0 new to 0 up 0",
        "unknown extent: expected from with a number, through, next or face",
    ),
    "a profile that is none": ("extrude @0 new to 0", "not a profile"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_wrong_line_of_numbers_is_named_too(name):
    line, problem = NUMBERS[name]
    with pytest.raises(TextError, match=problem) as caught:
        decode(f"sketch 0 0 0 +z +x\n{line}\n", text_format="numbers")
    assert caught.value.where == "line 2"


def test_an_extrude_of_a_sketch_that_comes_later_cannot_be_written(plate):
    extrude = dataclasses.replace(plate.operations[1], profiles=(Profile(5, 0),))
    with pytest.raises(TextError) as caught:
        encode(CadSequence((plate.operations[0], extrude)))
    assert str(caught.value) == "no such sketch before: expected one of [0], got 5"


def test_a_plane_without_a_direction_is_an_error_of_its_line():
    for text_format, line in (
        ("lines", "sketch 0 0 0 +z -z"),
        ("numbers", "sketch 0 0 0 +z -z"),
        ("json", '{"type":"sketch","plane":{"origin":[0,0,0],"normal":[0,0,0],"x_axis":[1,0,0]}}'),
    ):
        with pytest.raises(TextError, match="has no direction"):
            Drawing(text_format).read(line)


def test_a_tokenizer_without_its_end_cannot_be_used():
    with pytest.raises(CheckpointError) as caught:
        TextTokenizer(Tokenizer(models.BPE({"a": 0}, [])), END)
    assert str(caught.value) == f"the tokenizer lacks its end token: expected {END}"


def test_a_folder_whose_tokenizer_lacks_its_end_is_named(tmp_path):
    TextTokenizer.load(shipped()).save(tmp_path)
    settings = tmp_path / "tokenizer_config.json"
    settings.write_text(json.dumps({"eos_token": {"content": "<|never|>"}}))
    with pytest.raises(CheckpointError, match="lacks its end token") as caught:
        TextTokenizer.load(tmp_path)
    assert caught.value.file == str(tmp_path / "tokenizer.json")
    settings.write_text(json.dumps({"eos_token": {"content": END}}))
    assert TextTokenizer.load(tmp_path).end_text == END


def test_a_tokenizer_that_reaches_over_a_cut_says_around_which_characters():
    vocabulary = {c: i for i, c in enumerate(sorted(ByteLevel.alphabet()))}
    vocabulary["ab"] = len(vocabulary)
    backend = Tokenizer(models.BPE(vocabulary, [("a", "b")]))
    backend.add_special_tokens([END])
    text = Text("ab", encode(decode(SKETCH)).cuts[:2], (0, 1))
    with pytest.raises(InputError) as caught:
        TextTokenizer(backend, END).encode(text)
    assert "this tokenizer joins the end of a line with what follows" in str(caught.value)
    assert "expected a token to end at character 1, got ab" in str(caught.value)


# --- histories and the kernel -------------------------------------------------------------------

CHAIN = [(float(i), float(i % 2)) for i in range(MOST_CURVES + 2)]
FLAT = Loop((Line((0.0, 0.0), (5.0, 0.0)), Line((5.0, 0.0), (0.0, 0.0))))


class Spiral:
    """A curve that nobody has heard of."""

    start = end = (0.0, 0.0)


def test_a_curve_that_is_not_known_is_named_by_its_kind():
    loop = Loop((Spiral(), Spiral()))  # type: ignore[arg-type]
    known = r"Spiral \(known there are Line, Arc, Circle, Ellipse, EllipseArc, BSpline\)"
    with pytest.raises(UnsupportedError, match=f"history/crossings.py: not supported: {known}"):
        crossing(loop)
    with pytest.raises(UnsupportedError, match=f"kernel/polygons.py: not supported: {known}"):
        round_part(Spiral())  # type: ignore[arg-type]


def test_an_arc_that_does_not_exist_is_straight_to_a_polygon():
    assert round_part(Arc((0.0, 0.0), (1.0, 0.0), (2.0, 0.0))) == (0.0, 0.0)
    assert round_part(Circle((0.0, 0.0), 3.0)) == (3.0, 360.0)
    assert round_part(Line((0.0, 0.0), (1.0, 0.0))) == (0.0, 0.0)


def test_a_loop_of_too_many_curves_is_not_taken_apart():
    loop = Loop(tuple(Line(a, b) for a, b in pairwise(CHAIN)))
    with pytest.raises(GeometryError, match=f"has more than {MOST_CURVES} curves"):
        simple_loops(loop)


@pytest.mark.parametrize(
    ("loop", "problem"),
    [
        (Loop(FLAT.curves[:1]), "loop 0 is not closed"),
        (FLAT, "loop 0 encloses nothing"),
    ],
)
def test_what_is_no_edge_of_a_face_is_named_by_its_number(loop, problem):
    sketch = dataclasses.replace(decode(SKETCH).operations[0], loops=(loop,))
    with pytest.raises(GeometryError, match=problem):
        face(Profile(0, 0), sketch)


@pytest.mark.parametrize(
    ("profile", "distance", "problem"),
    [(0, 0.0, "the extrude has no height"), (1, 5.0, "operation 1 is not a sketch")],
)
def test_what_sweeps_no_solid_says_why(plate, profile, distance, problem):
    extent = Extent(ExtentType.ONE_SIDED, distance)
    extrude = Extrude((Profile(profile, 0),), extent, Boolean.NEW_BODY)
    with pytest.raises(GeometryError, match=problem):
        sweep(extrude.profiles[0], extrude, plate.operations)


# --- readers ------------------------------------------------------------------------------------


def test_more_commands_or_operations_than_can_be_read_are_refused(monkeypatch):
    raw = readers.from_sequence(decode(PLATE)).raw
    monkeypatch.setattr(native, "_MOST_OPERATIONS", 1)
    with pytest.raises(ReadError, match=r"at \$.sequence: too many operations: expected up to 1"):
        native.parse(raw)
    monkeypatch.setattr(native, "_MOST_COMMANDS", 3)
    with pytest.raises(ReadError, match=r"at \$.sequence: too many commands: expected up to 3"):
        native.parse(raw)


def test_a_profile_of_more_loops_than_there_can_be_is_refused():
    loops = [Loop((Circle((0.0, 0.0), 1.0),))]
    with pytest.raises(
        ReadError, match=f"too many loops in one profile: expected up to {MOST_LOOPS}"
    ):
        group_loops([0] * (MOST_LOOPS + 1), loops)


def test_a_curve_of_text2cad_that_is_not_known_is_named():
    from test_reading import text2cad

    raw = text2cad()
    raw["parts"]["part_1"]["sketch"]["face_1"]["loop_2"] = {"spline_1": {}}
    with pytest.raises(UnsupportedError, match="not supported: spline"):
        readers.parse(json.dumps(raw))


def test_a_public_name_that_there_is_none_of_is_told_as_python_does():
    with pytest.raises(AttributeError, match="module 'cadcomplete' has no attribute 'solve'"):
        _ = cadcomplete.solve
    assert all(getattr(cadcomplete, name) is not None for name in cadcomplete.__all__)
    assert len(cadcomplete.__all__) >= 15


# --- files of shapes ----------------------------------------------------------------------------


def ply(properties="property float x\nproperty float y\nproperty float z\n", rows="", count=40):
    return f"ply\nformat ascii 1.0\nelement vertex {count}\n{properties}end_header\n{rows}".encode()


POINTS = "".join(" ".join(map(str, row)) + "\n" for row in ROWS.tolist())
PCD = "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 40\nHEIGHT 1\n"


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


SHAPES = {
    "no header of a PLY": ("a.ply", b"ply\n", "not a PLY file: expected a header from ply to"),
    "a PLY without places": ("a.ply", ply("property float x\n"), "vertices with x, y and z"),
    "a PLY of fewer rows": ("a.ply", ply(rows="1 2 3\n"), "a PLY file cut short: expected 40 ver"),
    "a PLY of fewer than none": ("a.ply", ply(count=-1), "a line of the header that is not under"),
    "a PLY of an odd type": ("a.ply", ply("property fancy x\n"), "is not understood"),
    "an STL of text cut short": (
        "a.stl",
        b"solid a\nfacet",
        "an STL file cut short: expected ends",
    ),
    "an STL of text without numbers": (
        "a.stl",
        b"solid a\nvertex 1 2 x\nendsolid",
        "three vertices of three numbers a facet",
    ),
    "a binary STL cut short": ("a.stl", b"\0" * 90, "a mesh without triangles"),
    "a short STL": ("a.stl", b"\0" * 10, "not a whole STL file: expected 84 bytes, got 10"),
    "a text without numbers": (
        "a.xyz",
        b"hello\nthere\n",
        "no points in this text: expected lines",
    ),
    "a text with a short line": (
        "a.xyz",
        f"{POINTS}1 2\n".encode(),
        "at line 41: not a point: expected 3 numbers, got 1 2 (is the file whole?)",
    ),
    "a PCD without data": ("a.pcd", PCD.encode(), "a header that ends with DATA"),
    "a PCD of fewer points": (
        "a.pcd",
        f"{PCD}DATA ascii\n1 2 3\n".encode(),
        "not a PCD file that can be read: expected a whole PCD file, got 1 points (save it again",
    ),
    "a PCD without places": (
        "a.pcd",
        f"{PCD}DATA ascii\n1 2 3\n".replace("x y z", "a b c").encode(),
        "no x, y and z",
    ),
    "a binary PCD of fewer points": (
        "a.pcd",
        f"{PCD}DATA binary\n".encode() + b"\0" * 24,
        "got 2 of 40 points",
    ),
    "a PCD that was packed badly": (
        "a.pcd",
        f"{PCD}DATA binary_compressed\n".encode()
        + np.array([4, 480], "<u4").tobytes()
        + bytes([32, 9, 9, 9]),
        "packed data that are broken",
    ),
    "a PCD that was packed and cut short": (
        "a.pcd",
        f"{PCD}DATA binary_compressed\n".encode()
        + np.array([3, 480], "<u4").tobytes()
        + bytes([1, 7, 7]),
        "packed data that are cut short",
    ),
    "a 3MF without a model": ("a.3mf", zipped("a.txt", ""), "no model in it"),
    "a 3MF that is none": ("a.3mf", b"PK", "a.3mf"),
    "an archive that is none": ("a.npz", b"PK\3\4", "no archive, or not all of it"),
    "too few points": ("a.xyz", b"1 2 3\n4 5 6\n", "too few points: expected at least 16, got 2"),
    "text in bad UTF-16": ("a.xyz", b"\xff\xfea", "begins like UTF-16 and is not (save it as"),
    "a kind that there is none of": ("a.blend", b"", ".stl"),
    "a packed file that is damaged": ("a.xyz.gz", b"\x1f\x8b\0", "a.xyz.gz"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_file_of_a_shape_that_cannot_be_used_is_one_line_that_names_it(tmp_path, name):
    file, content, said = SHAPES[name]
    path = tmp_path / file
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_scan(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_shape_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot read the shape: No such file or directory"):
        read_scan(tmp_path / "a.stl")


def test_a_mesh_of_vertices_that_are_no_numbers_is_refused(tmp_path):
    faces = b"v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    np.savez(tmp_path / "a.npz", points=[[0, 0, np.nan], [1, 0, 0], [0, 1, 0]], faces=[[0, 1, 2]])
    with pytest.raises(InputError, match="vertices that are not numbers: expected finite coord"):
        read_scan(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", points=[[0, 0, 0], [1, 0, 0], [0, 1, 0]], faces=[[0, 1, 9]])
    with pytest.raises(InputError, match="triangles of no vertices: expected vertices 0 to 2, got"):
        read_scan(tmp_path / "b.npz")
    assert without_mark(b"\xef\xbb\xbf" + faces, tmp_path) == faces


@pytest.mark.parametrize(
    ("points", "normals", "problem"),
    [
        (ROWS[: LEAST - 1], ROWS[: LEAST - 1], f"a cloud of at least {LEAST} points with normals"),
        (np.tile(ROWS, (9, 1)), np.zeros((360, 3)), "most points of the cloud have no place or no"),
        (np.tile(ROWS * [1, 1, 0], (9, 1)), np.tile(ROWS, (9, 1)), "all lie in a plane"),
    ],
)
def test_a_cloud_of_no_part_says_what_it_lacks(points, normals, problem):
    with pytest.raises(GeometryError, match=problem):
        _checked(PointCloud(points, normals, np.zeros(3), 1.0))


# --- pictures, clouds and devices of a model ----------------------------------------------------


@pytest.mark.parametrize("size", [(SMALLEST - 1, 64), (64, SMALLEST - 1), (16, 16 * LONGEST + 16)])
def test_a_picture_too_small_or_too_long_says_what_is_allowed(size):
    with pytest.raises(InputError, match="a picture of this size cannot be used") as caught:
        picture(Image.new("RGB", size), size=32)
    assert caught.value.got == f"{size[0]} × {size[1]}"
    assert caught.value.expected == (f"sides of at least {SMALLEST} pixels, at most 1 to {LONGEST}")


def test_a_cloud_without_points_cannot_be_shown():
    with pytest.raises(InputError, match="a point cloud without points"):
        surface(PointCloud(ROWS[:0], ROWS[:0], np.zeros(3), 1.0), count=4, seed=0)


def test_a_device_that_there_is_none_of_lists_the_known_ones():
    with pytest.raises(InputError) as caught:
        device_named("tpu")
    assert str(caught.value) == (
        f"at --device: no such device: expected {', '.join(DEVICES)}, got tpu"
    )
    assert device_named("cpu").type == "cpu"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("rows", 0, "at --rows: cannot draw like that: expected 1 to 1024, got 0"),
        ("rows", 1025, "expected 1 to 1024, got 1025"),
        ("most_tokens", 0, "at --max-new-tokens: cannot draw like that: expected 1 or more, got 0"),
        ("top_p", 0.0, "at --top-p: cannot draw like that: expected more than 0, up to 1, got 0.0"),
        ("top_p", float("nan"), "more than 0, up to 1, got nan"),
        ("temperature", 101.0, "at --temperature: cannot draw like that: expected 0 to 100, not 0"),
    ],
)
def test_what_cannot_be_drawn_with_names_the_option(option, value, said):
    from cadcomplete.model.sampling import Sampling

    with pytest.raises(InputError) as caught:
        Sampling(**{option: value})
    assert said in str(caught.value)


def test_a_bolder_attempt_is_warmer_never_the_likeliest_and_has_another_seed():
    from cadcomplete.model.sampling import Sampling

    usual = Sampling(temperature=0.5, seed=7)
    bold, bolder = usual.bolder(1), usual.bolder(2)
    assert usual.temperature < bold.temperature < bolder.temperature <= 100
    assert (bold.greedy, bold.seed, bolder.seed) == (False, 8, 9)
    assert Sampling(temperature=100.0).bolder(5).temperature == 100.0


# --- plans --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not a configuration of a model"),
        ("[1]", "not a configuration of a model: got [1]"),
        (
            '{"hidden_size": 8}',
            "no 'num_attention_heads' in the config.json: expected the sizes of",
        ),
    ],
)
def test_a_model_whose_sizes_cannot_be_found_out_is_named(tmp_path, content, said):
    from cadcomplete.config import from_dict
    from cadcomplete.plan.sizes import decoder_of

    (tmp_path / "config.json").write_text(content)
    config = from_dict({"model": {"language_model": str(tmp_path)}})
    with pytest.raises(ConfigError) as caught:
        decoder_of(config)
    assert said in str(caught.value)
    assert str(tmp_path) in caught.value.file


def test_a_frame_that_stands_still_is_the_worlds():
    assert XY.offset == 0.0
    assert XY.y_axis == (0.0, 1.0, 0.0)
