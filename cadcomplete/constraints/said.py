"""Constraints in the words of the command line and of JSON, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cadcomplete.constraints.constraints import Constraints, Region
from cadcomplete.constraints.pins import NAMES, Pin
from cadcomplete.errors import InputError
from cadcomplete.history.geometry import BoundingBox, Plane, plane_across
from cadcomplete.meshes.mesh import Mesh


@dataclass(frozen=True, slots=True)
class ConstraintWords:
    """Constraints as they are typed: names in lists with commas, boxes as six numbers.

    Attributes:
        keep_out: boxes, and files of closed meshes or solids, in millimetres.
    """

    only: str | None = None
    boolean: str | None = None
    at_most: int | None = None
    within: str | None = None
    symmetric: str | None = None
    keep_out: tuple[str, ...] = ()
    max_volume: float | None = None
    max_mass: float | None = None
    density: float | None = None
    pin: tuple[str, ...] = ()

    def constraints(self, meshes: Callable[[Path], Mesh | None]) -> Constraints:
        """Return what is said; `meshes` reads a file, which has None if it holds no surface.

        Raises InputError for what cannot be understood, and for what contradicts itself.
        """
        return Constraints(
            kinds=names_of(self.only),
            booleans=names_of(self.boolean),
            at_most=self.at_most,
            within=None if self.within is None else box_of(self.within, where="--within"),
            symmetric=None if self.symmetric is None else plane_of(self.symmetric),
            keep_out=tuple(_region(text, meshes) for text in self.keep_out),
            most_volume=self.max_volume,
            most_mass=self.max_mass,
            density=self.density,
            pins=tuple(pin for text in self.pin for pin in pins_of(text)),
        )


def _region(text: str, meshes: Callable[[Path], Mesh | None]) -> Region:
    if _numbers(text):
        return box_of(text, where="--keep-out")
    mesh = meshes(Path(text))
    if mesh is None:
        hint = "give a closed mesh, a solid or a box"
        raise InputError("points alone enclose nothing", file=text, where="--keep-out", hint=hint)
    return mesh


_ALSO = {"thick": "thickness", "height": "thickness", "dia": "diameter", "ø": "diameter"}
_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_INCH = 25.4
_PIN = re.compile(
    r"(?P<name>[a-zø]+)\s*[=:]?\s*"
    r"(?:(?P<value>[-+0-9.e]+|nan|inf)\s*(?P<unit>mm|in|inch|\"|°|deg)?"
    r"|(?:as|like)\s+(?:operation\s+)?(?P<like>\d+))"
)
_BY_RADIUS = {"radius": "diameter", "r": "diameter"}


def pins_of(text: str) -> tuple[Pin, ...]:
    """Return the pins of a text such as "diameter 8, depth 12" or "thickness as operation 1".

    Values in mm, or in inches with `in` behind them; a radius is half a diameter. Raises
    InputError.
    """
    return tuple(map(_pin, filter(None, (part.strip() for part in re.split(r"[,;]", text)))))


def _pin(said: str) -> Pin:
    found = _PIN.fullmatch(said.lower())
    expected = f'"diameter 8" or "thickness as operation 1", with one of {", ".join(NAMES)}'
    if found is None:
        raise InputError("not a pinned dimension", where="--pin", expected=expected, got=said)
    name = found["name"]
    factor = 2.0 if name in _BY_RADIUS else 1.0
    name = _BY_RADIUS.get(name, _ALSO.get(name, name))
    if found["like"] is not None:
        return Pin(name, like=int(found["like"]))
    try:
        value = float(found["value"])
    except ValueError:
        raise InputError(
            "not a pinned dimension", where="--pin", expected=expected, got=said
        ) from None
    inches = found["unit"] in ("in", "inch", '"')
    return Pin(name, factor * value * (_INCH if inches else 1.0))


def box_of(text: str, *, where: str) -> BoundingBox:
    """Return a box of six numbers: its lowest corner and its highest. Raises InputError."""
    numbers = _numbers(text)
    if len(numbers) != 6:
        expected = "x,y,z of the lowest corner and of the highest, in mm: 0,0,0,100,50,20"
        raise InputError("not a box", where=where, expected=expected, got=text)
    x, y, z, u, v, w = numbers
    return BoundingBox((x, y, z), (u, v, w))


def plane_of(text: str) -> Plane:
    """Return the plane across an axis: "x", or "x=25" for one that is 25 mm along it.

    Raises InputError.
    """
    axis, _, at = (part.strip() for part in text.lower().partition("="))
    numbers = _numbers(at or "0")
    if axis not in _AXES or len(numbers) != 1 or not abs(numbers[0]) < 1e6:
        expected = "x, y or z, or x=25 for a plane that is 25 mm along it"
        raise InputError("not a plane", where="--symmetric", expected=expected, got=text)
    return plane_across(_AXES[axis], numbers[0])


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        return ()


def names_of(text: str | None) -> tuple[str, ...]:
    """Return the names in a list with commas, each once."""
    parts = (part.strip().lower() for part in (text or "").split(","))
    return tuple(dict.fromkeys(filter(None, parts)))


def told(constraints: Constraints) -> Iterator[tuple[str, str]]:
    """Yield each constraint: the name of its attribute, and what a person calls it."""
    if constraints.kinds:
        yield "kinds", f"only {', '.join(constraints.kinds)}"
    if constraints.booleans:
        yield "booleans", f"only to {', '.join(constraints.booleans)}"
    if constraints.at_most is not None:
        yield "at_most", f"at most {constraints.at_most} operations"
    if constraints.within is not None:
        low, high = (_corner(c) for c in (constraints.within.minimum, constraints.within.maximum))
        yield "within", f"within {low} to {high}"
    if constraints.symmetric is not None:
        yield "symmetric", f"symmetric about {_plane(constraints.symmetric)}"
    if constraints.keep_out:
        many = len(constraints.keep_out)
        yield "keep_out", "keep out" if many == 1 else f"keep out of {many} regions"
    if constraints.most_volume is not None:
        yield "most_volume", f"volume at most {constraints.most_volume:g} mm³"
    if constraints.most_mass is not None:
        yield "most_mass", f"mass at most {constraints.most_mass:g} g"
    if constraints.pins:
        yield "pins", ", ".join(map(str, constraints.pins))


def as_json(constraints: Constraints) -> Mapping[str, Any]:
    """Return the constraints that are said as plain values; a mesh as the box around it."""
    plain: dict[str, Any] = {name: getattr(constraints, name) for name, _ in told(constraints)}
    if constraints.density is not None:
        plain["density"] = constraints.density
    if constraints.within is not None:
        plain["within"] = _plain_box(constraints.within)
    if constraints.symmetric is not None:
        plain["symmetric"] = _plane(constraints.symmetric)
    if constraints.keep_out:
        plain["keep_out"] = [_plain_box(region) for region in constraints.keep_out]
    if constraints.pins:
        plain["pins"] = [str(pin) for pin in constraints.pins]
    return {name: list(v) if isinstance(v, tuple) else v for name, v in plain.items()}


def _plain_box(region: Region) -> list[float] | None:
    box = region if isinstance(region, BoundingBox) else region.bounding_box
    return None if box is None else [*box.minimum, *box.maximum]


def _corner(point: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in point)


def _plane(plane: Plane) -> str:
    for axis, normal in _AXES.items():
        if plane.normal == normal:
            return axis if plane.offset == 0 else f"{axis}={plane.offset:g}"
    return f"the plane {_corner(plane.normal)} at {plane.offset:g}"
