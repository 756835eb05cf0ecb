"""Tapered extrudes, and those that end where the part says: volumes of solids and meshes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cadcomplete.completion.wording import in_words
from cadcomplete.errors import BuildError, UnsupportedError
from cadcomplete.fitting.flat.walls import prefix_faces
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.history.edges import read_edge
from cadcomplete.history.expanded import expanded
from cadcomplete.history.operations import Extrude
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.kernel.build import build
from cadcomplete.kernel.naming.labels import labelled
from cadcomplete.kernel.naming.naming import meant
from cadcomplete.kernel.naming.topology import edges_of
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import solid
from cadcomplete.metrics.deepcad import vectors
from cadcomplete.reports.told import told, told_in_words

TEN = math.tan(math.radians(10))

RECTANGLE = "sketch 0 0 0 +z +x\nloop 0 0\nline 20 0\nline 20 10\nline 0 10\nclose\n"
BLOCK = f"{RECTANGLE}extrude new to 6 0\n"
ROOF = """\
sketch 0 0 0 -y +x
loop 0 20
line 20 20
line 20 30
line 0 40
close
extrude new to -10 0
"""
"""20 × 10 mm seen from above, 20 to 30 and to 40 mm high: its top falls by one in two."""

SLOT = "loop 0 0\nline 10 0\narc 10 6 180\nline 0 6\narc 0 0 180\n"


def pyramid(width: float, depth: float, height: float, taper: float) -> float:
    """The frustum of a pyramid: h / 6 (bottom + 4 middle + top)."""
    lean = 2 * height * math.tan(math.radians(taper))
    areas = [(width - share * lean) * (depth - share * lean) for share in (0, 0.5, 1)]
    return height / 6 * (areas[0] + 4 * areas[1] + areas[2])


def cone(radius: float, height: float, taper: float) -> float:
    """The frustum of a cone: π h / 3 (R² + R r + r²)."""
    top = radius - height * math.tan(math.radians(taper))
    return math.pi * height / 3 * (radius**2 + radius * top + top**2)


def on(plane: str, drawn: str, extrude: str, base: str = BLOCK) -> str:
    return f"{base}sketch {plane}\n{drawn}extrude {extrude}\n"


HOLED = "circle 10 5 2\n"
CASES = {  # a history, and its volume by a formula
    "pyramid": (f"{RECTANGLE}extrude new taper 10 to 6 0\n", pyramid(20, 10, 6, 10)),
    "wider": (f"{RECTANGLE}extrude new taper -10 to 6 0\n", pyramid(20, 10, 6, -10)),
    "downwards": (f"{RECTANGLE}extrude new taper 10 to -6 0\n", pyramid(20, 10, 6, 10)),
    "both sides": (f"{RECTANGLE}extrude new taper 10 sym 3 0\n", 2 * pyramid(20, 10, 3, 10)),
    "two tapers": (
        f"{RECTANGLE}extrude new taper 10/-5 from -2 to 3 0\n",
        pyramid(20, 10, 3, 10) + pyramid(20, 10, 2, -5),
    ),
    "one tapered side": (
        f"{RECTANGLE}extrude new taper 10/0 from -2 to 3 0\n",
        pyramid(20, 10, 3, 10) + 2 * 200,
    ),
    "off its sketch": (f"{RECTANGLE}extrude new taper 10 at 4 to 10 0\n", pyramid(20, 10, 6, 10)),
    "cone": ("sketch 1 2 3 +y +z\ncircle 1 2 5\nextrude new taper 10 to 10 0\n", cone(5, 8, 10)),
    "a hole gets wider": (
        f"{RECTANGLE}{HOLED}extrude new taper 10 to 6 0/1\n",
        pyramid(20, 10, 6, 10) - cone(2, 6, -10),
    ),
    "slot": (  # moved by d: (10 (6 - 2 d) + π (3 - d)²), at 0, 2 and 4 mm
        f"sketch 0 0 0 +z +x\n{SLOT}extrude new taper 10 to 4 0\n",
        4
        / 6
        * sum(
            weight * (10 * (6 - 2 * d) + math.pi * (3 - d) ** 2)
            for weight, d in ((1, 0), (4, 2 * TEN), (1, 4 * TEN))
        ),
    ),
    "countersink": (on("0 0 6 +z +x", HOLED, "cut taper 10 to 2 0"), 1200 - cone(2, 4, 10)),
    "through": (on("0 0 6 +z +x", HOLED, "cut from through to 6 0"), 1200 - 24 * math.pi),
    "through both": (
        on("0 0 3 +z +x", HOLED, "cut from through to through 0"),
        1200 - 24 * math.pi,
    ),
    "through and started off": (
        on("0 0 0 +z +x", HOLED, "cut at 2 to through 0"),
        1200 - 16 * math.pi,
    ),
    "kept through": (
        on("0 0 0 +z +x", HOLED, "intersect to through 0"),
        24 * math.pi,
    ),
    "face": (on("0 0 6 +z +x", HOLED, "cut to face +z 2 0"), 1200 - 16 * math.pi),
    "face by name": (on("0 0 9 +z +x", HOLED, "join to face end@2 0"), 1200 + 12 * math.pi),
    "pattern of what goes through": (
        on("0 0 6 +z +x", "circle 4 5 2\n", "cut from through to 6 0") + "linear +x 6 3 @1\n",
        1200 - 72 * math.pi,
    ),
    "mirrored taper": (
        f"{RECTANGLE}extrude new taper 10 to 6 0\nmirror +x 30 all\n",
        2 * pyramid(20, 10, 6, 10),
    ),
}
ROUND = {"cone", "slot", "countersink", "a hole gets wider"}

SQUARE = "loop 8 3\nline 12 3\nline 12 7\nline 8 7\nclose\n"
ASKED = {  # what only the solid tells
    "next": (on("0 0 0 +z +x", SQUARE, "join to next 0", ROOF), 3000 + 16 * 20),
    "next, slanted": (on("0 0 50 +z +x", SQUARE, "join from next to 50 0", ROOF), 3000 + 16 * 15),
    "cut to where it ends": (on("0 0 0 +z +x", SQUARE, "cut to next 0", ROOF), 3000 - 16 * 15),
    "slanted face": (on("0 0 50 +z +x", SQUARE, "join to face side@2/0.2 0", ROOF), 3000 + 240),
    "join through": (  # to the highest place, behind the slanted top over it
        on("0 0 0 +z +x", SQUARE, "join to through 0", ROOF),
        3000 + 16 * (40 - 15),
    ),
    "next on both sides": (
        on("0 0 60 +z +x", SQUARE, "join from next to face +z 61 0", ROOF),
        3000 + 16 * 26,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_solid_has_its_volume(name):
    text, volume = CASES[name]
    found = build(decode(text))
    assert found is not None
    assert found.volume == pytest.approx(volume, rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_so_has_a_mesh_exactly_if_it_has_no_arcs(name):
    text, volume = CASES[name]
    exact = "circle" not in text and "arc" not in text
    assert solid(decode(text)).volume() == pytest.approx(volume, rel=1e-9 if exact else 4e-3)


@pytest.mark.parametrize("name", CASES)
def test_so_many_points_are_inside(name):
    """By chance, in the box of the mesh."""
    text, volume = CASES[name]
    sequence = decode(text)
    box = np.reshape(solid(sequence).bounding_box(), (2, 3))
    points = box[0] + np.random.default_rng(0).random((12_000, 3)) * (box[1] - box[0])
    inside = occupancy(sequence, points).mean()
    assert inside * np.prod(box[1] - box[0]) == pytest.approx(volume, rel=0.03)


@pytest.mark.parametrize("name", ASKED)
def test_the_kernel_asks_the_solid_where_an_extrude_ends(name):
    text, volume = ASKED[name]
    found = build(decode(text))
    assert found is not None
    assert found.volume == pytest.approx(volume, rel=1e-9)


@pytest.mark.parametrize("name", ["next", "join through", "slanted face"])
def test_what_has_no_solid_to_ask_refuses_it_by_name(name):
    sequence = decode(ASKED[name][0])
    for ask in (solid, expanded, prefix_faces, vectors):
        with pytest.raises(UnsupportedError, match=r"Extrude \("):
            ask(sequence)


def test_a_round_wall_is_what_is_next():
    """Into a tube of radius 8: the mean of √(64 - y²) over a disc of radius 2, by its series.

    With y = 2 sin θ the mean of y² is 1, of y⁴ 2, of y⁶ 5 and of y⁸ 14.
    """
    tube = "sketch 0 0 0 +z +x\ncircle 0 0 10\ncircle 0 0 8\nextrude new to 20 0/1\n"
    found = build(decode(f"{tube}sketch 0 0 10 +x +y\ncircle 0 0 2\nextrude join to next 0\n"))
    mean = 8 * (1 - 1 / 128 - 2 / 8 / 64**2 - 5 / 16 / 64**3 - 5 * 14 / 128 / 64**4)
    assert found is not None
    assert found.volume == pytest.approx(720 * math.pi + 4 * math.pi * mean, rel=1e-6)


@pytest.mark.parametrize("name", ["pyramid", "two tapers", "countersink", "face by name"])
def test_a_mirror_keeps_the_volume_and_a_size_scales_it(name):
    text, volume = CASES[name]
    sequence = decode(text)
    for symmetry in list(symmetries())[5::17]:
        moved = build(move(sequence, symmetry))
        assert moved is not None and moved.volume == pytest.approx(volume, rel=1e-9)
    larger = build(scale(sequence, 2.5))
    assert larger is not None and larger.volume == pytest.approx(2.5**3 * volume, rel=1e-8)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{RECTANGLE}extrude new taper 45 to 6 0\n", "taper of 45° is too steep.*vanishes"),
        (f"{RECTANGLE}{HOLED}extrude new taper 30 to 6 0/1\n", "taper of 30° is too steep"),
        (f"{RECTANGLE}extrude new to through 0\n", "through needs a part: there is nothing before"),
        (f"{RECTANGLE}extrude new to next 0\n", "next needs a part|nothing before it"),
        (on("0 0 6 +z +x", HOLED, "cut to through 0"), "nothing to go through"),
        (on("0 0 60 +z +x", HOLED, "join to next 0"), "nothing to go through|next meets nothing"),
        (on("0 0 3 +z +x", HOLED, "join to next 0"), "next meets nothing: it starts inside"),
        (
            on("0 0 60 +z +x", "circle 20 5 2\n", "join from next to 60 0"),
            "next meets nothing: a part of the profile passes by",
        ),
        (
            on("0 0 35 +z +x", "circle 10 5 4\n", "join to face side@2/0.2 0", ROOF),
            "cuts through the profile where it starts",
        ),
        (on("0 0 50 +z +x", SQUARE, "join to face side@2/0.1 0", ROOF), "it never meets it"),
    ],
)
def test_what_cannot_be_built_is_told_in_one_line(text, problem):
    with pytest.raises(BuildError, match=problem):
        build(decode(text))


def test_a_face_of_an_operation_that_is_gone_is_told():
    sequence = decode(CASES["face by name"][0])
    last = sequence.operations[-1]
    with pytest.raises(BuildError, match="no face"):
        build(CadSequence((sequence.operations[0], sequence.operations[2], last)))


# --- names of edges -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("pyramid", "end@1", 4),
        ("pyramid", "start@1", 4),
        ("pyramid", "side@1", 4),
        ("both sides", "end@1", 4),
        ("both sides", "start@1", 4),
        ("countersink", "start@1", 1),
        ("countersink", "end@1", 1),
        ("through", "end@1", 1),
        ("through", "start@1", 1),
        ("next, slanted", "side@1", 4),
    ],
)
def test_edges_are_named_by_where_it_starts_and_ends(text, name, count):
    sequence = decode((CASES | ASKED)[text][0])
    made = build(sequence)
    assert made is not None
    labels = labelled(edges_of(made.shape), sequence.operations)
    assert meant(labels, read_edge(name).counted(len(sequence))).sum() == count


# --- words ----------------------------------------------------------------------------------------


def test_a_suggestion_and_a_report_say_what_it_is():
    sequence = decode(on("0 0 6 +z +x", HOLED, "cut taper 10 to 2 0"))
    assert in_words(sequence, 3) == "pocket tapered by 10°"
    line = told_in_words(told(3, sequence.operations[3]))
    assert line.endswith("cut, 0 to -4 mm from its plane, tapered by 10°, 1 profile")
    through = decode(CASES["through"][0])
    assert in_words(through, 3) == "through hole ø4"
    assert "through" in told_in_words(told(3, through.operations[3]))
    assert isinstance(through.operations[3], Extrude)


def test_the_walls_of_a_taper_are_faces_to_fit():
    flats, rounds = prefix_faces(decode(CASES["pyramid"][0]))
    leaning = [
        face for face in flats if abs(abs(face.normal[2]) - math.sin(math.radians(10))) < 1e-9
    ]
    assert (len(flats), len(leaning), len(rounds)) == (6, 4, 0)
