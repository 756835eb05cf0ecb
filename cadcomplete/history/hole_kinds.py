"""The kinds of field of a hole: how deep it is, what its head is like, and where it is drilled."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.fields import (
    LIMIT,
    Branch,
    Decimal,
    FieldKind,
    Fixed,
    Open,
    load_number,
    number,
    parse_number,
    times,
)
from cadcomplete.history.geometry import Vec2
from cadcomplete.history.kinds import POINT, POSITIVE, plain

MOST_CENTERS = 1000
"""Places of one hole: more take minutes to build."""

FLAT = 180.0
"""Degrees of a cone that is none."""


@dataclass(frozen=True, slots=True)
class Counterbore:
    """A wider hole with a flat floor for the head of a screw; `diameter` and `depth` in mm."""

    diameter: float
    depth: float

    def scaled(self, factor: float) -> Counterbore:
        return Counterbore(times(self.diameter, factor), times(self.depth, factor))

    def problem(self, diameter: float) -> str:
        """What is wrong with it at a hole of this diameter in mm, or ""."""
        if not diameter < self.diameter <= LIMIT:
            wide = f"{self.diameter:.6g} mm wide, the hole {diameter:.6g}"
            return f"the counterbore is {wide}: it must be wider"
        return "" if 0 < self.depth <= LIMIT else "the counterbore has no depth"


@dataclass(frozen=True, slots=True)
class Countersink:
    """A cone for the head of a screw.

    Attributes:
        diameter: where the hole begins, in mm.
        angle: between opposite sides of the cone, in degrees: 90 for metric screws.
    """

    diameter: float
    angle: float

    def scaled(self, factor: float) -> Countersink:
        return Countersink(times(self.diameter, factor), self.angle)

    def problem(self, diameter: float) -> str:
        """What is wrong with it at a hole of this diameter in mm, or ""."""
        if not 0 < self.angle < FLAT:
            return f"the countersink has {self.angle:.6g}°: it must be between 0 and 180"
        if not diameter < self.diameter <= LIMIT:
            wide = f"{self.diameter:.6g} mm wide, the hole {diameter:.6g}"
            return f"the countersink is {wide}: it must be wider"
        return ""

    def depth(self, diameter: float) -> float:
        """How far it reaches down to a hole of this diameter, in mm."""
        return cone_height((self.diameter - diameter) / 2, self.angle)


Head = Counterbore | Countersink | None


def cone_height(radius: float, angle: float) -> float:
    """Return the height of a cone, in mm, from its radius and the angle between its sides."""
    return radius / math.tan(math.radians(angle) / 2)


# --- how deep -------------------------------------------------------------------------------------

Bottom = tuple[str, tuple[float, ...]]
"""How a hole ends, and numbers: none if it goes through, how deep it is, the angle of its tip.

In the line language the depth is a position: where it ends along the normal, seen from the world's
origin, as extents are.
"""

THROUGH = "through"
_KEYS: dict[str, tuple[str, ...]] = {THROUGH: (), "flat": ("depth",), "pointed": ("depth", "tip")}


def bottom_of(depth: float | None, tip: float | None) -> Bottom:
    """Return how a hole ends that is so deep, None for through, with a tip or None."""
    if depth is None:
        return (THROUGH, ())
    return ("flat", (depth,)) if tip is None else ("pointed", (depth, tip))


def write_cone(angle: float) -> str:
    """Degrees to six decimals; what is between 0 and 180 stays so."""
    kept = max(0.000001, min(179.999999, angle)) if 0 < angle < FLAT else angle
    return f"{kept:.6f}".rstrip("0").rstrip(".")


def load_cone(value: Any) -> float:
    """Check the angle of a cone. Raises TextError unless it is one."""
    if not 0 < (angle := load_number(value)) < FLAT:
        raise TextError("not a cone", expected="degrees between 0 and 180", got=value)
    return angle


def read_cone(words: Iterator[str]) -> float:
    """Read the angle of a cone. Raises TextError unless it is one."""
    return load_cone(parse_number(next(words)))


def _write_bottom(bottom: Bottom) -> str:
    kind, numbers = bottom
    if kind == THROUGH:
        return THROUGH
    tip = f"tip {write_cone(numbers[1])} " if kind == "pointed" else ""
    return f"{tip}to {number(numbers[0])}"


def _read_bottom(words: Iterator[str]) -> Bottom:
    word, tip = next(words), None
    if word == THROUGH:
        return bottom_of(None, None)
    if word == "tip":
        tip, word = read_cone(words), next(words)
    if word != "to":
        raise TextError("unknown end of a hole", expected="through, tip or to", got=word)
    return bottom_of(parse_number(next(words)), tip)


def _dump_bottom(bottom: Bottom) -> dict[str, Any]:
    kind, numbers = bottom
    return {"type": kind, **dict(zip(_KEYS[kind], map(plain, numbers), strict=True))}


def _load_bottom(value: Any) -> Bottom:
    kind = value["type"]
    if kind not in _KEYS:
        raise TextError("unknown end of a hole", expected=" or ".join(_KEYS), got=kind)
    depth = None if kind == THROUGH else load_number(value["depth"])
    return bottom_of(depth, load_cone(value["tip"]) if kind == "pointed" else None)


_CONE = Decimal(below=180, signed=False, zero=False)

BOTTOM = FieldKind(
    write=_write_bottom,
    read=_read_bottom,
    dump=_dump_bottom,
    load=_load_bottom,
    slots={
        "lines": (
            Branch(
                (
                    (THROUGH, ()),
                    ("to ", (Decimal(),)),
                    ("tip ", (_CONE, Fixed(" to "), Decimal())),
                )
            ),
        ),
        "json": (
            Branch(
                (
                    ('{"type":"through"}', ()),
                    ('{"type":"flat","depth":', (Decimal(), Fixed("}"))),
                    (
                        '{"type":"pointed","depth":',
                        (Decimal(), Fixed(',"tip":'), _CONE, Fixed("}")),
                    ),
                )
            ),
        ),
    },
)

# --- what its head is like ------------------------------------------------------------------------

BORE, SINK, AT = "bore", "sink", "at"


def _write_head(head: Head) -> str:
    if head is None:
        return AT
    if isinstance(head, Counterbore):
        return f"{BORE} {POSITIVE.write(head.diameter)} {POSITIVE.write(head.depth)} {AT}"
    return f"{SINK} {POSITIVE.write(head.diameter)} {write_cone(head.angle)} {AT}"


def _read_head(words: Iterator[str]) -> Head:
    head: Head = None
    if (word := next(words)) in (BORE, SINK):
        diameter = POSITIVE.read(words)
        if word == BORE:
            head = Counterbore(diameter, POSITIVE.read(words))
        else:
            head = Countersink(diameter, read_cone(words))
        word = next(words)
    if word != AT:
        raise TextError("a hole needs its places", expected="bore, sink or at", got=word)
    return head


def _dump_head(head: Head) -> dict[str, Any] | None:
    if head is None:
        return None
    if isinstance(head, Counterbore):
        return {"type": BORE, "diameter": plain(head.diameter), "depth": plain(head.depth)}
    return {"type": SINK, "diameter": plain(head.diameter), "angle": plain(head.angle)}


def _load_head(value: Any) -> Head:
    if value is None:
        return None
    if (kind := value["type"]) not in (BORE, SINK):
        raise TextError("unknown head of a hole", expected=f"{BORE} or {SINK}", got=kind)
    diameter = POSITIVE.load(value["diameter"])
    if kind == BORE:
        return Counterbore(diameter, POSITIVE.load(value["depth"]))
    return Countersink(diameter, load_cone(value["angle"]))


_SIZE = Decimal(signed=False, zero=False)

HEAD = FieldKind(
    write=_write_head,
    read=_read_head,
    dump=_dump_head,
    load=_load_head,
    slots={
        "lines": (
            Branch(
                (
                    (AT, ()),
                    (f"{BORE} ", (_SIZE, Fixed(" "), _SIZE, Fixed(f" {AT}"))),
                    (f"{SINK} ", (_SIZE, Fixed(" "), _CONE, Fixed(f" {AT}"))),
                )
            ),
        ),
        "json": (
            Branch(
                (
                    ("null", ()),
                    *(
                        (
                            f'{{"type":"{kind}","diameter":',
                            (_SIZE, Fixed(f',"{key}":'), slot, Fixed("}")),
                        )
                        for kind, key, slot in ((BORE, "depth", _SIZE), (SINK, "angle", _CONE))
                    ),
                )
            ),
        ),
    },
)

# --- where ----------------------------------------------------------------------------------------


def _write_centers(centers: tuple[Vec2, ...]) -> str:
    return " ".join(map(POINT.write, centers))


def _read_centers(words: Iterator[str]) -> tuple[Vec2, ...]:
    numbers = [parse_number(word) for word in words]
    if len(numbers) % 2:
        raise TextError("a centre lacks its y", expected="pairs of numbers", got=numbers[-1])
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _load_centers(value: Any) -> tuple[Vec2, ...]:
    if not isinstance(value, list):
        raise TextError("not centres", expected="a list of points such as [5,5]", got=value)
    return tuple(map(POINT.load, value))


CENTERS = FieldKind(
    write=_write_centers,
    read=_read_centers,
    dump=lambda centers: [POINT.dump(center) for center in centers],
    load=_load_centers,
    slots={"lines": (Open("centers"),), "json": (Fixed("["), Open("centers"), Fixed("]"))},
)
