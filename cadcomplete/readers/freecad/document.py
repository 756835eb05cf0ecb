"""A FreeCAD document as frozen values: its bodies, and of one body the features in their order."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from cadcomplete.errors import GeometryError, ReadError
from cadcomplete.history.geometry import Plane, Vec3, cross
from cadcomplete.readers.freecad import properties
from cadcomplete.readers.freecad.features import Feature, SketchObject
from cadcomplete.readers.freecad.labels import caption_of
from cadcomplete.readers.freecad.properties import Link, Thing
from cadcomplete.readers.freecad.read_features import feature, sketch_object
from cadcomplete.readers.freecad.stored import (
    Stored,
    StoredEdge,
    StoredFace,
    StoredSolid,
    is_part,
    stored_solid,
)

_BODY = "PartDesign::Body"
_SUPPRESSED = ("Suppressed", "Suppress")
_AFTER_BASE = (
    *("PartDesign::Fillet", "PartDesign::Chamfer", "PartDesign::Draft", "PartDesign::Thickness"),
)
"""Features that change what `Base` names; some files name it nowhere else."""


Find = Callable[[str, str], Stored | None]
"""Says what a part of an object's solid is, such as `Face7` of `Pad`."""


def _nothing(name: str, part: str) -> Stored | None:
    return None


@dataclass(frozen=True, slots=True)
class BodyOfFeatures:
    """A body: what was made in it, one feature after another.

    Attributes:
        name: of the object, unique in its file.
        caption: what a person called it, or the document, if that says something (`labels.py`).
        version: of the program that wrote it, such as (0, 21).
        features: in order; suppressed ones are left out.
        objects: all objects of the document, to look up what features refer to.
        stored: what a part of an object's solid is, by the names of both; None if nobody knows.
    """

    name: str
    caption: str
    version: tuple[int, int]
    features: tuple[Feature, ...]
    objects: Mapping[str, Thing]
    stored: Find = field(default=_nothing, compare=False, repr=False)

    def parts(self, link: Link | None) -> tuple[Stored | None, ...]:
        """The faces and edges that a reference names, each as it lies in the body."""
        return () if link is None else tuple(self.stored(link.object, p) for p in link.parts)

    def sketch(self, link: Link | None) -> SketchObject | None:
        """The sketch that a reference names, if it names one."""
        thing = self.objects.get(link.object) if link else None
        return sketch_object(thing) if thing else None

    def plane(self, link: Link | None) -> Plane | None:
        """The plane that a reference names: of a sketch, an origin plane, a datum, or a flat face.

        `V_Axis` of a sketch is the plane through it and the normal, `H_Axis` likewise. Which way a
        face's normal points, into the solid or out of it, is not said.
        """
        for part in self.parts(link)[:1]:
            if isinstance(part, StoredFace) and part.surface == "plane":
                return _flat(part.origin, part.axis)
        thing = self.objects.get(link.object) if link else None
        found = thing.placement() if thing else None
        if link is None or thing is None or found is None:
            return None
        if thing.type == "Sketcher::SketchObject":
            along = {"V_Axis": found.x_axis, "H_Axis": found.y_axis, "": found.normal}
            normal = along.get(_part(link))
            if normal is not None:
                return Plane.of(found.origin, normal, _across(found, normal))
            line = _drawn(thing, found, _part(link))
            return line and _flat(line[0], cross(line[1], found.normal))
        return found if thing.type in _PLANES else None

    def axis(self, link: Link | None) -> Ray | None:
        """The origin and the direction, of length 1, of the axis that a reference names.

        That is one of a sketch, a line that is drawn in one as construction, a datum, a straight
        edge, or the axis of a round face.
        """
        for part in self.parts(link)[:1]:
            if isinstance(part, StoredEdge) and part.curve == "line":
                return _straight(part.start, part.end)
            if isinstance(part, StoredFace) and any(part.axis):
                return part.origin, part.axis
        thing = self.objects.get(link.object) if link else None
        found = thing.placement() if thing else None
        if link is None or thing is None or found is None:
            return None
        if thing.type in _LINES:
            return found.origin, found.x_axis if thing.type in _ALONG_X else found.normal
        if thing.type in _PLANES:
            return found.origin, found.normal
        if thing.type != "Sketcher::SketchObject":
            return None
        along = {"H_Axis": found.x_axis, "V_Axis": found.y_axis, "N_Axis": found.normal}
        direction = along.get(_part(link))
        return (found.origin, direction) if direction else _drawn(thing, found, _part(link))


_PLANES = ("App::Plane", "PartDesign::Plane", "Part::DatumPlane")
_ALONG_X = ("App::Line",)
_LINES = (*_ALONG_X, "PartDesign::Line", "Part::DatumLine")


def _part(link: Link) -> str:
    return link.parts[0] if link.parts else ""


def _across(plane: Plane, normal: Vec3) -> Vec3:
    return plane.x_axis if normal != plane.x_axis else plane.y_axis


def _flat(origin: Vec3, normal: Vec3) -> Plane | None:
    x, y, z = map(abs, normal)
    least = (1.0, 0.0, 0.0) if x <= min(y, z) else (0.0, 1.0, 0.0) if y <= z else (0.0, 0.0, 1.0)
    try:
        return Plane.of(origin, normal, least)
    except GeometryError:
        return None


Ray = tuple[Vec3, Vec3]
"""A point of an axis, and its direction, of length 1."""


def _straight(start: Vec3, end: Vec3) -> Ray | None:
    (x, y, z), (u, v, w) = start, end
    length = math.dist(start, end)
    return (start, ((u - x) / length, (v - y) / length, (w - z) / length)) if length else None


_AXIS = re.compile(r"Axis(\d{1,6})")


def _drawn(sketch: Thing, plane: Plane, part: str) -> Ray | None:
    """A construction line of a sketch: `Axis2` is the third that is drawn in it."""
    match = _AXIS.fullmatch(part)
    lines = [c.numbers for c in sketch.curves() if c.construction and c.kind == "LineSegment"]
    if match is None or int(match[1]) >= len(lines):
        return None
    found = lines[int(match[1])]
    flat = np.array([[found.get(f"{end}{axis}", 0.0) for axis in "XY"] for end in ("Start", "End")])
    start, end = plane.to_world(flat).tolist()
    return _straight(tuple(start), tuple(end))


def read_body(
    text: bytes, *, body: str = "", entry: Callable[[str], bytes | None] = lambda name: None
) -> BodyOfFeatures:
    """Return a body of a document: the one that is named, or else the only one.

    `entry` gives what the zip has beside the document, by its name. Raises ReadError naming the
    bodies that there are.
    """
    things, title, version = properties.parse(text)
    chosen = _choose([t for t in things.values() if t.type == _BODY], body)
    made = tuple(feature(thing, things) for thing in _chain(chosen, things))

    @cache
    def solid(name: str) -> StoredSolid | None:
        held = entry(things[name].solid) if name in things and things[name].solid else None
        return stored_solid(held) if held else None

    def stored(name: str, part: str) -> Stored | None:
        found = solid(name) if is_part(part) else None
        return found and found.part(part)

    caption = caption_of(chosen.label, title)
    return BodyOfFeatures(chosen.name, caption, version, made, things, stored)


def _choose(bodies: list[Thing], name: str) -> Thing:
    if not bodies:
        hint = "only a Body has a history that is read: export STEP and `cadcomplete rebuild` it"
        raise ReadError("a FreeCAD file without a Body", hint=hint)
    found = [b for b in bodies if name in (b.name, b.label)] if name else bodies
    found = [b for b in found if b.name == name] or found
    if len(found) == 1:
        return found[0]
    said = ", ".join(_called(b) for b in bodies[:_SAID]) + (", …" if len(bodies) > _SAID else "")
    if name and not found:
        raise ReadError("no such body", expected=said, got=name)
    hint = f"choose one by its name: FILE.FCStd#{bodies[0].name}"
    raise ReadError("a file with several bodies", expected=f"one of {said}", hint=hint)


_SAID = 12


def _called(body: Thing) -> str:
    return body.name if body.label in ("", body.name) else f"{body.name} ({body.label})"


def _chain(body: Thing, things: Mapping[str, Thing]) -> list[Thing]:
    """The features of a body from the first to its tip: each names the one that it changes."""
    chain: list[Thing] = []
    seen: set[str] = set()
    following = body.link("Tip")
    while following and following.object in things:
        if following.object in seen:
            raise ReadError("features that follow each other in a circle", where=following.object)
        seen.add(following.object)
        chain.append(things[following.object])
        following = _before(chain[-1])
    return [t for t in reversed(chain) if not any(t.truth(key) for key in _SUPPRESSED)]


def _before(thing: Thing) -> Link | None:
    base = thing.link("BaseFeature")
    return thing.link("Base") if base is None and thing.type in _AFTER_BASE else base


_OBJECT, _ATTRIBUTE = re.compile(rb"<Object\s([^>]*)>"), re.compile(rb"""(\w+)="([^"]*)\"""")


def body_names(text: bytes) -> tuple[str, ...]:
    """Return the names of all bodies of a document, from the list of objects at its start."""
    listed = (
        dict(_ATTRIBUTE.findall(m)) for m in _OBJECT.findall(text.partition(b"<ObjectData")[0])
    )
    return tuple(
        o.get(b"name", b"").decode(errors="replace")
        for o in listed
        if o.get(b"type") == _BODY.encode()
    )
