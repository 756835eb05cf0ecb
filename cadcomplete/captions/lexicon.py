"""The words that captions use for things, shapes, places and numbers.

To teach the reader a word, enter it here.
"""

from __future__ import annotations

from cadcomplete.captions.mention import Form, Noun, Spot

UNITS = {
    **dict.fromkeys(("mm", "millimetre", "millimeter", "millimetres", "millimeters"), 1.0),
    **dict.fromkeys(("cm", "centimetre", "centimeter", "centimetres", "centimeters"), 10.0),
    **dict.fromkeys(("m", "metre", "meter", "metres", "meters"), 1000.0),
    **dict.fromkeys(("in", "inch", "inches", '"', "″", "''"), 25.4),
    **dict.fromkeys(("ft", "foot", "feet"), 304.8),
    **dict.fromkeys(("thou", "mil", "mils"), 0.0254),
}
"""How many millimetres a unit has."""

COUNTS = {
    **dict(
        zip(
            (
                *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
                *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
                *("eighteen", "nineteen", "twenty"),
            ),
            range(1, 21),
            strict=True,
        )
    ),
    **dict.fromkeys(("a", "an", "single"), 1),
    **dict.fromkeys(("both", "pair", "double", "twin", "couple"), 2),
    **dict.fromkeys(("triple", "trio"), 3),
    **dict.fromkeys(("thirty",), 30),
    **dict.fromkeys(("dozen",), 12),
}
SEVERAL = {"several", "multiple", "many", "numerous", "various", "few", "some", "array"}
NONE = {"no", "without", "lacking"}

_BASES = {
    "plate": Form.RECTANGLE,
    "block": Form.RECTANGLE,
    "bar": Form.RECTANGLE,
    "cube": Form.RECTANGLE,
    "box": Form.RECTANGLE,
    "frame": Form.RECTANGLE,
    "cuboid": Form.RECTANGLE,
    "slab": Form.RECTANGLE,
    "panel": Form.RECTANGLE,
    "sheet": Form.RECTANGLE,
    "strip": Form.RECTANGLE,
    "enclosure": Form.RECTANGLE,
    "beam": Form.RECTANGLE,
    "brick": Form.RECTANGLE,
    "disc": Form.ROUND,
    "disk": Form.ROUND,
    "cylinder": Form.ROUND,
    "rod": Form.ROUND,
    "shaft": Form.ROUND,
    "ring": Form.RING,
    "washer": Form.RING,
    "tube": Form.RING,
    "pipe": Form.RING,
    "sleeve": Form.RING,
    "bushing": Form.RING,
    "bearing": Form.RING,
    "collar": Form.RING,
    "spacer": Form.RING,
    "gasket": Form.RING,
    "coin": Form.ROUND,
    "axle": Form.ROUND,
    "dowel": Form.ROUND,
    "wheel": Form.ROUND,
    "nut": Form.POLYGON,
    "prism": None,
    "profile": None,
    "part": None,
    "component": None,
    "body": None,
    "bracket": None,
    "housing": None,
    "gear": None,
    "piece": None,
    "object": None,
    "mount": None,
    "base": None,
    "cover": None,
    "lid": None,
}

NOUNS: dict[str, tuple[Noun, Form | None]] = {
    **{word: (Noun.BASE, form) for word, form in _BASES.items()},
    **dict.fromkeys(("hole", "bore", "drilling", "borehole"), (Noun.HOLE, Form.ROUND)),
    **dict.fromkeys(("counterbore", "countersink"), (Noun.HOLE, Form.ROUND)),
    **dict.fromkeys(("pocket", "recess", "cavity", "depression", "notch"), (Noun.POCKET, None)),
    **dict.fromkeys(("opening", "cutout", "cut-out", "window", "aperture"), (Noun.POCKET, None)),
    **dict.fromkeys(("slot", "obround"), (Noun.SLOT, Form.SLOTTED)),
    **dict.fromkeys(("groove", "channel"), (Noun.GROOVE, None)),
    **dict.fromkeys(("boss", "post", "stud", "pillar", "standoff", "foot"), (Noun.BOSS, None)),
    **dict.fromkeys(("pin", "peg"), (Noun.BOSS, Form.ROUND)),
    **dict.fromkeys(("rib", "fin", "wall", "tab", "lug", "ear"), (Noun.BOSS, Form.RECTANGLE)),
    **dict.fromkeys(("flange", "shoulder", "hub"), (Noun.BOSS, None)),
    **dict.fromkeys(("fillet", "rounding"), (Noun.FILLET, None)),
    **dict.fromkeys(("chamfer", "bevel"), (Noun.CHAMFER, None)),
    "edge": (Noun.FILLET, None),  # or a chamfer, by what is done to it
}
"""The singular of each word for a thing, and the outline that it has if no other is said."""

IRREGULAR = {"feet": "foot", "bodies": "body", "cavities": "cavity", "recesses": "recess"}
THROUGH_NOUNS = {"opening", "cutout", "cut-out", "window", "aperture"}
BODIES = {"bodies", "body", "pieces", "solids"}

FORMS: dict[str, tuple[Form, int]] = {
    **dict.fromkeys(("round", "circular", "cylindrical", "turned"), (Form.ROUND, 0)),
    **dict.fromkeys(("rectangular", "square", "box-shaped", "cubic"), (Form.RECTANGLE, 4)),
    **dict.fromkeys(("round-ended", "oblong", "obround", "stadium-shaped"), (Form.SLOTTED, 0)),
    **dict.fromkeys(("annular", "ring-shaped", "toroidal"), (Form.RING, 0)),
    **dict.fromkeys(("irregular", "stepped", "bent"), (Form.OTHER, 0)),
    "triangular": (Form.POLYGON, 3),
    "pentagonal": (Form.POLYGON, 5),
    **dict.fromkeys(("hexagonal", "hex"), (Form.POLYGON, 6)),
    "octagonal": (Form.POLYGON, 8),
    **dict.fromkeys(("half-round", "half-round-ended", "l-shaped", "u-shaped"), (Form.OTHER, 0)),
    **dict.fromkeys(("t-shaped", "z-shaped", "i-shaped", "cross-shaped"), (Form.OTHER, 0)),
}

SPOTS = {
    **dict.fromkeys(("central", "centre", "center", "centered", "centred"), Spot.CENTER),
    **dict.fromkeys(("concentric", "coaxial", "middle"), Spot.CENTER),
    **dict.fromkeys(("corner", "corners"), Spot.CORNERS),
    **dict.fromkeys(("circle", "pcd", "around", "circumference", "radially"), Spot.CIRCLE),
    **dict.fromkeys(("row", "line"), Spot.ROW),
    "grid": Spot.GRID,
    "rectangle": Spot.RECTANGLE,
}

MEASURES = {
    **dict.fromkeys(("deep", "depth", "high", "height", "tall", "thick", "thickness"), "height"),
    **dict.fromkeys(("long", "length"), "length"),
    **dict.fromkeys(("wide", "width"), "width"),
    **dict.fromkeys(("diameter", "dia", "diam", "od", "id"), "diameter"),
    **dict.fromkeys(("radius", "radii"), "radius"),
    **dict.fromkeys(("apart", "spaced", "spacing", "pitch"), "apart"),
    **dict.fromkeys(("across",), "across"),
}
"""What a number beside one of these words measures."""


def singular(word: str) -> str:
    """Return the singular of a word for a thing."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word in NOUNS or word.endswith("ss"):
        return word
    if word.endswith("es") and word[:-2] in NOUNS:
        return word[:-2]
    return word[:-1] if word.endswith("s") else word
