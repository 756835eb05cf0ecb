"""Small parts, each with its short and its long description, made by hand."""

from __future__ import annotations

import math
from functools import cache

from cadcomplete.kernel.build import build
from cadcomplete.language.lines import decode

GROUND = "sketch 0 0 0 +z +x\n"


def loop(*points):
    (x, y), *others = points
    return f"loop {x} {y}\n" + "".join(f"line {x} {y}\n" for x, y in others) + "close\n"


def rectangle(x, y, width, height):
    return loop((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def circles(radius, *centers):
    return "".join(f"circle {x} {y} {radius}\n" for x, y in centers)


def drilled(height, count):
    """The end of a plate: its first loop without the `count` ones that follow."""
    return f"extrude new to {height} {'/'.join(map(str, range(count + 1)))}\n"


def cut(level, shape, to):
    return f"sketch 0 0 {level} +z +x\n{shape}extrude cut to {to} 0\n"


def join(level, shape, to):
    return f"sketch 0 0 {level} +z +x\n{shape}extrude join to {to} 0\n"


PLATE = GROUND + rectangle(0, 0, 80, 40)
SLAB = PLATE + "extrude new to 10 0\n"
CORNERS = ((8, 8), (72, 8), (72, 32), (8, 32))
BOLTS = tuple((30 * math.cos(math.tau * i / 6), 30 * math.sin(math.tau * i / 6)) for i in range(6))
CAPSULE = "loop 20 15\nline 60 15\narc 60 25 180\nline 20 25\narc 20 15 180\n"
HEXAGON = loop(
    *(
        (
            round(20 / 3**0.5 * math.cos(math.pi * i / 3), 6),
            round(20 / 3**0.5 * math.sin(math.pi * i / 3), 6),
        )
        for i in range(6)
    )
)
ROUNDED = (
    "loop 5 0\nline 75 0\narc 80 5 90\nline 80 35\narc 75 40 90\n"
    "line 5 40\narc 0 35 90\nline 0 5\narc 5 0 90\n"
)

BENT = (
    "loop 0 0\nline 40 0\narc 48.660254 5 60\nline 68.660254 39.641016\n"
    "line 66.928203 40.641016\nline 46.928203 6\narc 40 2 -60\nline 0 2\nclose\n"
)
GOLDEN = {
    "plate with corner holes": (
        PLATE + circles(3, *CORNERS) + drilled(5, 4),
        "rectangular plate with four through holes",
        "Rectangular plate 80 × 40 × 5 mm with four through holes ø6 at the corners.",
    ),
    "plate with holes in a rectangle": (
        PLATE + circles(3, (20, 15), (40, 15), (40, 25), (20, 25)) + drilled(5, 4),
        "rectangular plate with four through holes",
        "Rectangular plate 80 × 40 × 5 mm with four through holes ø6 on a rectangle of 20 × 10 mm.",
    ),
    "flange": (
        GROUND
        + circles(40, (0, 0))
        + circles(4, *BOLTS)
        + drilled(10, 6)
        + cut(10, circles(10, (0, 0)), 0),
        "disc with a central through hole and six through holes",
        "Disc ø80 × 10 mm with a central through hole ø20 "
        "and six through holes ø8 on a circle of ø60.",
    ),
    "stepped shaft": (
        GROUND
        + circles(15, (0, 0))
        + "extrude new to 40 0\n"
        + join(40, circles(12, (0, 0)), 80)
        + join(80, circles(8, (0, 0)), 105),
        "stepped shaft",
        "Stepped shaft ø16/ø24/ø30, 105 mm long.",
    ),
    "tube": (
        GROUND + circles(15, (0, 0)) + circles(10, (0, 0)) + "extrude new to 60 0/1\n",
        "tube",
        "Tube ø30 × 60 mm, bore ø20, wall 5 mm.",
    ),
    "ring": (
        GROUND + circles(15, (0, 0)) + circles(10, (0, 0)) + "extrude new to 6 0/1\n",
        "ring",
        "Ring ø30 × 6 mm, bore ø20.",
    ),
    "disc": (GROUND + circles(15, (0, 0)) + "extrude new to 3 0\n", "disc", "Disc ø30 × 3 mm."),
    "rod": (
        GROUND + circles(5, (0, 0)) + "extrude new to 120 0\n",
        "round rod",
        "Round rod ø10 × 120 mm.",
    ),
    "hexagon prism": (
        GROUND + HEXAGON + "extrude new to 30 0\n",
        "hexagonal prism",
        "Hexagonal prism 20 mm across flats, 30 mm high.",
    ),
    "triangle": (
        GROUND + loop((0, 0), (20, 0), (10, round(10 * 3**0.5, 6))) + "extrude new to 15 0\n",
        "triangular prism",
        "Triangular prism with 20 mm sides, 15 mm high.",
    ),
    "cube": (GROUND + rectangle(0, 0, 10, 10) + "extrude new to 10 0\n", "cube", "Cube of 10 mm."),
    "bar": (
        GROUND + rectangle(0, 0, 10, 10) + "extrude new to 100 0\n",
        "rectangular bar",
        "Rectangular bar 100 × 10 × 10 mm.",
    ),
    "blind hole": (
        SLAB + cut(10, circles(2.5, (20, 20)), 2),
        "rectangular plate with a blind hole",
        "Rectangular plate 80 × 40 × 10 mm with a blind hole ø5 × 8 mm deep.",
    ),
    "counterbore": (
        SLAB + cut(10, circles(5.5, (40, 20)), 4) + cut(10, circles(3, (40, 20)), 0),
        "rectangular plate with a central counterbored through hole",
        "Rectangular plate 80 × 40 × 10 mm "
        "with a central counterbored through hole ø6 (counterbore ø11 × 6 mm deep).",
    ),
    "slot": (
        SLAB + cut(10, CAPSULE, 0),
        "rectangular plate with a central through slot",
        "Rectangular plate 80 × 40 × 10 mm with a central through slot 50 × 10 mm.",
    ),
    "pocket": (
        SLAB + cut(10, rectangle(10, 10, 30, 20), 6),
        "rectangular plate with a rectangular pocket",
        "Rectangular plate 80 × 40 × 10 mm with a rectangular pocket 30 × 20 × 4 mm deep.",
    ),
    "groove": (
        SLAB + cut(10, rectangle(-5, 15, 90, 10), 7),
        "rectangular plate with a groove",
        "Rectangular plate 80 × 40 × 10 mm with a groove 10 mm wide × 3 mm deep.",
    ),
    "boss with a hole": (
        SLAB + join(10, circles(10, (20, 20)), 15) + cut(15, circles(4, (20, 20)), 0),
        "rectangular plate with a round boss and a through hole",
        "Rectangular plate 80 × 40 × 10 mm with a round boss ø20 × 5 mm high "
        "and a through hole ø8.",
    ),
    "ring-shaped groove": (
        GROUND
        + circles(30, (0, 0))
        + "extrude new to 20 0\nsketch 0 0 20 +z +x\n"
        + circles(20, (0, 0))
        + circles(15, (0, 0))
        + "extrude cut to 12 0/1\n",
        "disc with a central annular groove",
        "Disc ø60 × 20 mm with a central annular groove ø40/ø30 × 8 mm deep.",
    ),
    "row": (
        PLATE + circles(2, (10, 20), (25, 20), (40, 20), (55, 20)) + drilled(5, 4),
        "rectangular plate with four through holes",
        "Rectangular plate 80 × 40 × 5 mm with four through holes ø4 in a row spaced 15 mm apart.",
    ),
    "grid": (
        PLATE + circles(2, *((x, y) for x in (10, 25, 40) for y in (10, 30))) + drilled(5, 6),
        "rectangular plate with six through holes",
        "Rectangular plate 80 × 40 × 5 mm with six through holes ø4 in a grid of 3 × 2.",
    ),
    "hole through two lugs": (
        GROUND
        + rectangle(0, 0, 60, 40)
        + "extrude new to 40 0\n"
        + cut(40, rectangle(20, -5, 20, 50), 10)
        + "sketch 0 0 0 +x +y\ncircle 20 25 5\nextrude cut to 60 0\n",
        "rectangular block with a groove and a through hole",
        "Rectangular block 60 × 40 × 40 mm with a groove 20 mm wide × 30 mm deep "
        "and a through hole ø10.",
    ),
    "rounded corners": (
        GROUND + ROUNDED + "extrude new to 4 0\n",
        "rectangular plate with rounded corners",
        "Rectangular plate 80 × 40 × 4 mm with corners rounded to r5.",
    ),
    "open box": (
        GROUND
        + rectangle(0, 0, 80, 50)
        + "extrude new to 30 0\n"
        + cut(30, rectangle(4, 4, 72, 42), 3),
        "open rectangular box",
        "Open rectangular box 80 × 50 × 30 mm, walls 4 mm, floor 3 mm thick.",
    ),
    "square tube": (
        GROUND + rectangle(0, 0, 30, 30) + rectangle(2, 2, 26, 26) + "extrude new to 200 0/1\n",
        "rectangular tube",
        "Rectangular tube 30 × 30 × 200 mm, walls 2 mm thick.",
    ),
    "L": (
        GROUND + loop((0, 0), (60, 0), (60, 8), (8, 8), (8, 50), (0, 50)) + "extrude new to 40 0\n",
        "L-shaped profile",
        "L-shaped profile 60 × 50 mm, 40 mm long, legs 8 mm thick.",
    ),
    "bent strip": (
        # Flats of 40 mm, bent by 60°. The corners reach x = 40 + 10 sin 60° + 40 cos 60°
        # and y = 5 + 40 sin 60° + 2 cos 60°.
        GROUND + BENT + "extrude new to 12 0\n",
        "bent strip",
        "Bent strip 68.66 × 40.64 mm, 12 mm wide, 2 mm thick.",
    ),
    "irregular": (
        GROUND + "loop 0 0\nline 60 0\nline 60 20\narc 30 30 40\nline 0 50\nclose\n"
        "extrude new to 5 0\n",
        "plate of irregular outline",
        "Plate of irregular outline, 60 × 50 × 5 mm.",
    ),
    "two bodies": (
        GROUND + rectangle(0, 0, 80, 40) + "circle 100 0 5\ncircle 120 0 5\n"
        "extrude new to 5 0 1 2\n",
        "three separate bodies: a rectangular plate and two discs",
        "Three separate bodies, 125 × 45 × 5 mm overall: a rectangular plate 80 × 40 × 5 mm; "
        "two discs ø10 × 5 mm.",
    ),
    "U": (
        GROUND
        + loop((0, 0), (60, 0), (60, 40), (52, 40), (52, 8), (8, 8), (8, 40), (0, 40))
        + "extrude new to 100 0\n",
        "U-shaped profile",
        "U-shaped profile 60 × 40 mm, 100 mm long, legs 8 mm thick.",
    ),
    "T": (
        GROUND
        + loop((-3, 0), (3, 0), (3, 44), (30, 44), (30, 50), (-30, 50), (-30, 44), (-3, 44))
        + "extrude new to 10 0\n",
        "T-shaped plate",
        "T-shaped plate 60 × 50 × 10 mm, legs 6 mm thick.",
    ),
    "round end": (
        GROUND + "loop -15 0\nline 15 0\nline 15 45\narc -15 45 180\nclose\ncircle 0 45 6\n"
        "extrude new to 8 0/1\n",
        "block with one round end and a through hole",
        "Block 60 × 30 × 8 mm with one round end and a through hole ø12.",
    ),
    "plate with a notch": (
        SLAB + cut(10, rectangle(20, -5, 30, 15), 0),
        "rectangular plate with a notch",
        "Rectangular plate 80 × 40 × 10 mm with a notch 30 mm wide × 10 mm deep.",
    ),
    "shaft with a cross pin": (
        GROUND + circles(10, (0, 0)) + "extrude new to 60 0\n"
        "sketch 0 0 0 +x +y\ncircle 0 30 2.5\nextrude join to 25 0\n",
        "cylinder with a round boss",
        "Cylinder ø20 × 60 mm with a round boss ø5.",  # how long it is depends on where
    ),
    "shaft with a cross hole": (
        GROUND + circles(10, (0, 0)) + "extrude new to 60 0\n"
        "sketch 0 0 0 +x +y\ncircle 0 30 2.5\nextrude cut sym 25 0\n",
        "cylinder with a through hole",
        "Cylinder ø20 × 60 mm with a through hole ø5.",
    ),
    "no known base": (
        GROUND + rectangle(0, 0, 30, 30) + "extrude new to 30 0\n"
        "sketch 0 0 0 +x +y\n"
        + loop((-1, 31), (31, 31), (31, 10))
        + "extrude cut to 30 0\nsketch 0 0 0 +y +x\n"
        + loop((-1, -31), (31, -31), (-1, -10))
        + "extrude cut to 30 0\n",
        "part of 8 faces",
        "Part of 8 faces, 30 × 30 × 30 mm.",
    ),
}
NAMES = list(GOLDEN)


def built(sequence):
    solid = build(sequence)
    assert solid is not None
    return solid


@cache
def solid_of(name):
    return built(decode(GOLDEN[name][0]))
