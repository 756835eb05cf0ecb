"""The sketches of Omni-CAD, DeepCAD and Fusion 360 JSON: planes, profiles, loops and curves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cadcomplete.errors import GeometryError, ReadError, UnsupportedError
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Plane, Vec2, Vec3, cross, distance, dot
from cadcomplete.history.operations import Boolean, Loop, Sketch
from cadcomplete.readers.checked import (
    Json,
    Unit,
    at,
    get,
    length,
    number,
    point,
    point_in_space,
    vector,
)
from cadcomplete.readers.fusion360_curves import BENT_CURVES
from cadcomplete.readers.loops import Region, chain, group_loops, loop_key, without_nothing

_SKEW = 1e-4
"""Cosine of the angle between two axes of a sketch beyond which they are not at right angles."""

_FLAT = 1e-3
"""How far from its sketch's plane, in mm, a curve still lies in it."""


@dataclass(frozen=True, slots=True)
class Convention:
    """What documents of this shape may do differently.

    Attributes:
        listed: the key under which the operations are listed in their order.
        unit: of their lengths.
        booleans: what an extrude does, by the names that they have for it.
        normals: whether an arc whose `normal` points down runs clockwise.
        flat: whether a profile that leaves its sketch's plane is drawn in it all the same.
    """

    listed: str
    unit: Unit
    booleans: dict[str, Boolean]
    normals: bool
    flat: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """A profile that uses what there is no curve for, by name."""

    names: tuple[str, ...]


Regions = dict[str, tuple[Region, ...] | Missing]
"""The regions of each profile; a profile has one, unless its loops lie apart."""


@dataclass(slots=True)
class _Remarks:
    """What a person should know about a sketch, gathered while it is read."""

    found: dict[str, None] = field(default_factory=dict)

    def add(self, remark: str) -> None:
        self.found[remark] = None


def read_sketch(entity: Json, path: str, convention: Convention) -> tuple[Sketch, Regions]:
    """Return a sketch, each of its loops once, and the loops of each of its profiles.

    A profile with curves that are not known here bounds nothing that is: it is left out.
    """
    remarks = _Remarks()
    transform = get(entity, "transform", dict)
    plane = at(".transform", _read_plane, transform, convention, remarks)
    profiles = get(entity, "profiles", dict) if "profiles" in entity else {}
    loops: list[Loop] = []
    known: dict[object, int] = {}
    regions: Regions = {}
    for name, profile in profiles.items():
        place = f"{path}.profiles.{name}"
        try:
            drawn = list(_read_loops(profile, place, convention, remarks))
        except UnsupportedError as error:
            regions[name] = Missing(error.names)
            remarks.add(f"profile {name} is left out: {', '.join(error.names)} is not known here")
            continue
        indices: list[int] = []
        for loop in drawn:
            key = loop_key(loop) if len(profiles) > 1 else len(loops)
            index = known.setdefault(key, len(loops))
            if index == len(loops):
                loops.append(loop)
            indices.append(index)
        regions[name] = at(place, group_loops, indices, loops)
    return Sketch(plane, tuple(loops), path, tuple(remarks.found)), regions


def _read_plane(transform: Json, convention: Convention, remarks: _Remarks) -> Plane:
    origin = point_in_space(transform, "origin", convention.unit)
    normal, x_axis = (vector(transform, key, convention.unit) for key in ("z_axis", "x_axis"))
    try:
        plane = Plane.of(origin, normal, x_axis)
    except GeometryError as error:
        raise ReadError(str(error)) from error
    _look_at_axes(plane, transform, x_axis, convention, remarks)
    return plane


def _look_at_axes(
    plane: Plane, transform: Json, x_axis: Vec3, convention: Convention, remarks: _Remarks
) -> None:
    """Say where the three axes that a file gives make no right-handed frame."""
    if abs(dot(x_axis, plane.normal)) > _SKEW * math.hypot(*x_axis):
        remarks.add("x_axis is not at right angles to z_axis: its part along the plane is taken")
    try:
        y_axis = vector(transform, "y_axis", convention.unit)
    except ReadError:  # it says nothing that the others do not
        return
    if dot(y_axis, cross(plane.normal, plane.x_axis)) < 0:
        remarks.add("left-handed axes: y_axis is not followed, but z_axis × x_axis")


def _read_loops(
    profile: Any, path: str, convention: Convention, remarks: _Remarks
) -> Iterator[Loop]:
    listed = at(path, get, profile, "loops", list)
    names: set[str] = set()
    found: list[Loop] = []
    for position, loop in enumerate(listed):
        place = f"{path}.loops[{position}]"
        stored = at(place, get, loop, "profile_curves", list)
        curves: list[Curve] = []
        for i, curve in enumerate(stored):
            try:
                curves.append(at(f"{place}.profile_curves[{i}]", read_curve, curve, convention))
            except UnsupportedError as error:
                names.update(error.names)
        _look_at_heights(stored, convention, names, remarks)
        if curves and not names:
            told = without_nothing(curves)
            if len(told) < len(curves):
                remarks.add(f"curves of {place} that are shorter than a nanometre are left out")
            curves = told
            chained, sorted_anew = at(place, chain, curves)
            if sorted_anew:
                remarks.add(f"the curves of {place} are not in their order: put in order")
            found.append(Loop(tuple(chained), place))
    if names:
        raise UnsupportedError(names)
    yield from found


def _look_at_heights(
    stored: list[Any], convention: Convention, names: set[str], remarks: _Remarks
) -> None:
    """Say how far curves leave the plane of their sketch; in some documents they may not."""
    points = [c.get(k) for c in stored for k in ("start_point", "end_point", "center_point")]
    heights = [p.get("z") for p in points if isinstance(p, dict)]
    most = max((abs(z) for z in heights if isinstance(z, int | float)), default=0.0)
    most *= convention.unit.millimetres
    if most <= _FLAT:
        return
    if not convention.flat:
        names.add("3D sketch")
    else:
        remarks.add(f"curves lie up to {most:.6g} mm off the plane: they are drawn in the plane")


def read_curve(curve: Any, convention: Convention) -> Curve:
    """Return one curve, as it is stored. Raises UnsupportedError for one that is not known."""
    kind, unit = get(curve, "type", str), convention.unit
    if kind == "Line3D":
        start, end = (point(curve, key, unit) for key in ("start_point", "end_point"))
        return Line(start, end)
    if kind == "Circle3D":
        center = point(curve, "center_point", unit)
        return Circle(center, length(curve, "radius", unit))
    if kind == "Arc3D":
        return _read_arc(curve, convention)
    if kind in BENT_CURVES:
        return BENT_CURVES[kind](curve, unit)
    raise UnsupportedError([kind], where=".type")


def _read_arc(curve: Json, convention: Convention) -> Arc | Circle:
    unit = convention.unit
    points = ("start_point", "end_point", "center_point")
    start, end, (cx, cy) = (point(curve, key, unit) for key in points)
    radius = length(curve, "radius", unit)
    first, last = (number(curve, key, unit) for key in ("start_angle", "end_angle"))
    x, y, _ = vector(curve, "reference_vector", unit)
    turn = math.atan2(y, x)
    if convention.normals and vector(curve, "normal", unit)[2] < 0:
        first, last = -first, -last

    def reached(angle: float) -> Vec2:
        return (cx + radius * math.cos(turn + angle), cy + radius * math.sin(turn + angle))

    if start == end and abs(last - first) > 6:
        return Circle((cx, cy), radius)
    forward = distance(reached(first), start) + distance(reached(last), end)
    backward = distance(reached(first), end) + distance(reached(last), start)
    if not min(forward, backward) <= 0.02 * abs(radius):
        raise ReadError(
            "the ends of the arc do not fit its centre, radius and angles",
            expected=f"{reached(first)} and {reached(last)} mm",
            got=f"{start} and {end}",
        )
    return Arc(start, reached((first + last) / 2), end)
