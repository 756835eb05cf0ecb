"""Reading DeepCAD command vectors: 256 levels, a level of the cube being 1 mm."""

from __future__ import annotations

import io
import math
import sys

import h5py
import numpy as np
import pytest
from conftest import real
from hypothesis import given, settings
from hypothesis import strategies as st

from cadcomplete import readers
from cadcomplete.errors import InputError, ReadError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import dot
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Profile
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.language.lines import decode, encode
from cadcomplete.readers import deepcad

LOOP = [4] + [-1] * 16
END = [3] + [-1] * 16


def line(x, y):
    return [0, x, y] + [-1] * 14


def arc(x, y, alpha, f):
    return [1, x, y, alpha, f] + [-1] * 12


def circle(x, y, r):
    return [2, x, y, -1, -1, r] + [-1] * 11


def extrude(angles=(128, 128, 128), at=(128, 128, 128), s=95, e1=148, e2=128, b=0, u=0):
    return [5, -1, -1, -1, -1, -1, *angles, *at, s, e1, e2, b, u]


def rectangle(x, y):
    """From the start at level 128 counter-clockwise."""
    return [LOOP, line(x, 128), line(x, y), line(128, y), line(128, 128)]


def stored(*rows, name="vec", dtype="int64", beside=None):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for key, values in {name: rows, **(beside or {})}.items():
            file[key] = np.array(values, dtype=dtype)
    return buffer.getvalue()


def operations(*rows):
    return deepcad.parse(stored(*rows, END)).operations


def text(*rows):
    return encode(deepcad.parse(stored(*rows, END))).text


# --- what it says -------------------------------------------------------------------------------


def test_a_level_is_a_millimetre_where_the_sketch_is_95_wide():
    # 148 - 128 = 20 mm high; 223 - 128 = 95 and 168 - 128 = 40 levels of 95 / 95 mm
    assert text(*rectangle(223, 168), extrude()) == (
        "sketch 0 0 0 +z +x\nloop 0 0\nline 95 0\nline 95 40\nline 0 40\nclose\n"
        "extrude new to 20 0\n"
    )


def test_a_sketch_is_scaled_by_its_size_and_drawn_from_its_position():
    sketch, extrusion = operations(*rectangle(223, 128 + 38), extrude(at=(96, 128, 160), s=19))
    assert sketch.plane.origin == (-32.0, 0.0, 32.0)
    assert sketch.loops[0].curves[0] == Line((0.0, 0.0), (19.0, 0.0))
    assert sketch.loops[0].area == pytest.approx(19 * 38 * 19 / 95)
    assert extrusion.profiles == (Profile(0, 0),)


@pytest.mark.parametrize(
    ("angles", "normal", "x_axis"),
    [
        ((128, 128, 128), (0, 0, 1), (1, 0, 0)),
        ((192, 64, 192), (0, -1, 0), (1, 0, 0)),  # 90° from z towards -y; what lay at -z turns to x
        ((192, 128, 192), (1, 0, 0), (0, 1, 0)),
        ((192, 192, 192), (0, 1, 0), (-1, 0, 0)),
        ((128, 128, 160), (0, 0, 1), (math.sqrt(0.5), math.sqrt(0.5), 0)),
        ((255, 128, 255), (0, 0, -1), (1, 0, 0)),  # 255 is 180°
    ],
)
def test_three_angles_give_the_plane(angles, normal, x_axis):
    sketch = operations(*rectangle(223, 168), extrude(angles))[0]
    assert sketch.plane.normal == normal
    assert sketch.plane.x_axis == pytest.approx(x_axis, abs=1e-12)


@pytest.mark.parametrize(("f", "height"), [(1, 47.5), (0, -47.5)])
def test_an_arc_turns_counter_clockwise_where_its_flag_is_set(f, height):
    # Half a circle from (95, 0) to (0, 0): its middle is 47.5 above or below the chord's.
    sketch = operations(LOOP, line(223, 128), arc(128, 128, 128, f), extrude())[0]
    curve = sketch.loops[0].curves[1]
    assert isinstance(curve, Arc)
    assert curve.mid == pytest.approx((47.5, height))
    assert curve.sweep == pytest.approx(180 if f else -180)


def test_a_loop_within_a_loop_is_a_hole():
    sketch, extrusion = operations(LOOP, circle(176, 148, 10), *rectangle(223, 168), extrude())
    assert sketch.loops[0].curves == (Circle((48.0, 20.0), 10.0),)
    assert extrusion.profiles == (Profile(0, 1, (0,)),)


def test_a_ring_has_the_volume_of_a_ring():
    ring = deepcad.parse(stored(LOOP, circle(176, 128, 48), LOOP, circle(176, 128, 24), extrude()))
    assert ring.operations[1].profiles == (Profile(0, 0, (1,)),)
    solid = build(ring)
    assert solid
    assert solid.volume == pytest.approx(math.pi * (48**2 - 24**2) * 20)


@pytest.mark.parametrize(
    ("u", "extent"),
    [
        (0, Extent(ExtentType.ONE_SIDED, -28.0)),
        (1, Extent(ExtentType.SYMMETRIC, -28.0)),
        (2, Extent(ExtentType.TWO_SIDED, -28.0, 12.0)),
    ],
)
def test_extents_are_levels_from_the_middle(u, extent):
    assert operations(*rectangle(223, 168), extrude(e1=100, e2=140, u=u))[1].extent == extent


def test_every_extrude_follows_a_sketch_of_its_own():
    rows = [row for b in range(4) for row in (*rectangle(223, 168), extrude(b=b))]
    sequence = deepcad.parse(stored(*rows, END, END), id="part")
    assert sequence.id == "part"
    assert [op.boolean for op in sequence.operations[1::2]] == list(Boolean)
    assert [op.profiles[0].sketch for op in sequence.operations[1::2]] == [0, 2, 4, 6]


def test_a_curve_too_short_for_a_level_is_left_out():
    rows = rectangle(223, 168)
    assert text(*rows[:2], rows[1], arc(223, 128, 5, 1), *rows[2:], extrude()) == text(
        *rows, extrude()
    )


def test_a_file_is_read_by_its_name(tmp_path):
    path = tmp_path / "part.h5"
    path.write_bytes(stored(*rectangle(223, 168), extrude(), END))
    document = readers.read(path)
    assert (document.origin, document.sequence.id, len(document.sequence)) == ("deepcad", "part", 2)


level = st.integers(0, 255)


@given(angles=st.tuples(level, level, level))
@settings(max_examples=50, deadline=None)
def test_the_normal_leans_from_z_by_its_first_angle(angles):
    plane = operations(*rectangle(223, 168), extrude(angles))[0].plane
    theta = 180 if angles[0] == 255 else (angles[0] - 128) * 180 / 128
    assert plane.normal[2] == pytest.approx(math.cos(math.radians(theta)), abs=1e-9)
    assert dot(plane.normal, plane.x_axis) == pytest.approx(0, abs=1e-9)


number = st.integers(-1, 6) | st.integers(-300, 300)


@given(rows=st.lists(st.lists(number, min_size=17, max_size=17), max_size=6))
@settings(max_examples=100, deadline=None)
def test_any_rows_are_read_or_refused(rows):
    data = stored(*rectangle(223, 168), *rows, extrude())
    try:
        assert len(deepcad.parse(data)) % 2 == 0
    except ReadError as error:
        assert error.where.startswith("vec[")


# --- what is wrong ------------------------------------------------------------------------------

GOOD = (*rectangle(223, 168), extrude(), END)


def refused(data) -> str:
    with pytest.raises(ReadError) as caught:
        deepcad.parse(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[6, *END[1:]]], "at vec[0]: unknown command: expected 0 to 5, got 6"),
        ([[-1, *END[1:]]], "at vec[0]: unknown command: expected 0 to 5, got -1"),
        ([line(1, 1)], "at vec[0]: line before any loop: expected a loop (command 4) first"),
        ([extrude()], "at vec[0]: extrude before any loop: expected a loop (command 4) first"),
        ([*GOOD[:-1], extrude()], "at vec[6]: extrude before any loop"),
        ([*GOOD, LOOP], "at vec[7]: a command after the end: got loop"),
        (GOOD[:5], "at vec[0]: loops that are not extruded"),
        ([*GOOD[:5], END], "at vec[0]: loops that are not extruded"),
        ([LOOP, *GOOD], "at vec[0]: a loop without curves of any length"),
        ([LOOP, line(9, 9), line(9, 9), extrude()], "at vec[0]: a loop without curves"),
        ([LOOP, circle(9, 9, 9), line(9, 9), extrude()], "at vec[0]: a circle is a loop by itself"),
        ([LOOP, line(256, 9)], "at vec[1].x: out of range: expected 0 to 255, got 256"),
        ([LOOP, line(9, -1)], "at vec[1].y: out of range: expected 0 to 255, got -1"),
        ([LOOP, circle(9, 9, 0)], "at vec[1].r: out of range: expected 1 to 255, got 0"),
        ([LOOP, arc(9, 9, 0, 1)], "at vec[1].alpha: out of range: expected 1 to 255, got 0"),
        ([LOOP, arc(9, 9, 9, 2)], "at vec[1].f: out of range: expected 0 to 1, got 2"),
        ([*GOOD[:5], extrude(s=0)], "at vec[5].s: out of range: expected 1 to 255, got 0"),
        ([*GOOD[:5], extrude(b=4)], "at vec[5].b: out of range: expected 0 to 3, got 4"),
        ([*GOOD[:5], extrude(u=3)], "at vec[5].u: out of range: expected 0 to 2, got 3"),
        ([*GOOD[:5], extrude(e1=300)], "at vec[5].e1: out of range: expected 0 to 255, got 300"),
    ],
)
def test_the_row_of_what_is_wrong_is_named(rows, message):
    assert refused(stored(*rows)).startswith(message)


@pytest.mark.parametrize(
    ("data", "got"),
    [
        (stored(*[row[:-1] for row in GOOD]), "got 7 × 16 of int64"),
        (stored(*END), "got 17 of int64"),
        (stored(*GOOD, dtype="S1"), "got 7 × 17 of |S1"),
        (stored([]), "got 1 × 0 of int64"),
    ],
)
def test_vectors_of_another_shape_are_refused(data, got):
    expected = "at vec: not command vectors: expected up to 100000 rows of 17 integers, "
    assert refused(data) == expected + got


def test_a_file_of_other_data_says_what_it_has():
    expected = "expected a dataset 'vec' or a dataset 'out_vec' or a dataset 'gt_vec', got "
    assert refused(stored(*GOOD, name="other")).endswith(f"{expected}other")
    assert refused(stored(*GOOD, name="vec/inner")).endswith(f"{expected}vec")


def test_whole_numbers_that_are_stored_as_floats_are_read():
    assert deepcad.parse(stored(*GOOD, dtype="float32")) == deepcad.parse(stored(*GOOD))
    broken = [[*GOOD[0]], [0.5, *GOOD[1][1:]], *GOOD[2:]]
    assert "at vec[1]: not command vectors: expected integers, got 0.5" in refused(
        stored(*broken, dtype="float32")
    )


def test_of_a_models_results_its_answer_is_read_and_said_to_be(tmp_path):
    path = tmp_path / "result.H5"
    path.write_bytes(stored(*GOOD, name="out_vec", beside={"gt_vec": GOOD[5:]}))
    sequence = readers.read(path).sequence
    assert sequence.operations == deepcad.parse(stored(*GOOD)).operations
    assert sequence.operations[0].remarks == ("read from the dataset out_vec, beside gt_vec",)


def test_a_truncated_file_is_refused(tmp_path):
    data = stored(*GOOD)
    assert "not an HDF5 file that can be read" in refused(data[:1000])
    path = tmp_path / "short.h5"
    path.write_bytes(data[:5])
    with pytest.raises(ReadError, match=r"short\.h5: not a CAD history: not an HDF5 file"):
        readers.read(path)


def test_without_h5py_the_error_says_what_to_install(monkeypatch):
    data = stored(*GOOD)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match=r"pip install 'cadcomplete\[data\]'"):
        deepcad.parse(data)


# --- real files ---------------------------------------------------------------------------------


def test_real_vectors_are_all_read_and_said_in_lines():
    files = sorted((real("deepcad") / "vec").glob("*.h5"))
    assert len(files) == 64
    for path in files:
        sequence = readers.read(path).sequence
        assert len(decode(encode(sequence).text)) == len(sequence) > 0


def test_real_vectors_give_the_parts_of_their_twins():
    # The twins in JSON are scaled as the vectors were: their farthest coordinate to 0.75 · 128 mm.
    for path in sorted((real("deepcad") / "vec").glob("*.h5"))[::8]:
        twin = readers.read(path.parent.parent / "json" / f"{path.stem}.json")
        corners = twin.raw["properties"]["bounding_box"]
        farthest = max(abs(corners[key][a]) for key in ("min_point", "max_point") for a in "xyz")
        scale = 96 / (1000 * farthest)
        found, wanted = build(readers.read(path).sequence), build(twin.sequence)
        assert found
        assert wanted
        box, original = measure(found).bounding_box, measure(wanted).bounding_box
        for corner, other in ((box.minimum, original.minimum), (box.maximum, original.maximum)):
            # Of a sketch as wide as the part may be, 192 mm, a level is 192 / 95 mm.
            assert np.abs(np.array(corner) - np.array(other) * scale).max() < 192 / 95 + 0.5
        assert found.volume == pytest.approx(wanted.volume * scale**3, rel=0.15)
