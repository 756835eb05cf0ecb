"""What stands before a feature, and how a feature says that it is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cadcomplete.history.geometry import Array, BoundingBox, Plane
from cadcomplete.history.operations import Boolean, Extrude, Operation, Profile, Revolve, Sketch
from cadcomplete.readers.freecad.document import BodyOfFeatures
from cadcomplete.readers.freecad.outlines import outlines, profiles, rounded
from cadcomplete.readers.freecad.properties import Link

SKETCH = "Sketcher::SketchObject"


class NotKnown(Exception):
    """A feature, or an option of it, that no operation here can say; `uses` names what."""

    def __init__(self, *uses: str) -> None:
        self.uses = tuple(sorted(set(uses)))
        super().__init__(", ".join(self.uses))


@dataclass(frozen=True, slots=True)
class Earlier:
    """What stands before a feature of a body.

    Attributes:
        body: all of it, to look up what the feature refers to.
        operations: those of the features before.
        places: by the name of a sketch or a feature the index of its operation.
        solid: a box that all of the solid so far lies in; None while there is none.
        corners: by the index of a sketch the corners of a rectangle that all of it lies in.
    """

    body: BodyOfFeatures
    operations: tuple[Operation, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    solid: BoundingBox | None = None
    corners: Mapping[int, Array] = field(default_factory=dict)

    def drawn(self, link: Link | None) -> tuple[int, tuple[Sketch, ...]]:
        """The index that the sketch of a profile has or gets, and the sketch if it is new.

        Curves that end nowhere are left out beside loops, as FreeCAD does, and that is
        said. Raises NotKnown if the profile is no sketch, or bounds nothing that is known here.
        """
        found = self.body.sketch(link)
        if link is None or found is None or link.parts:
            thing = self.body.objects.get(link.object) if link else None
            raise NotKnown(f"a profile of {thing.type}" if thing else "no profile")
        if found.name in self.places:
            return self.places[found.name], ()
        drawing = outlines(found.curves, source=found.name)
        if drawing.foreign:
            raise NotKnown(*drawing.foreign)
        if drawing.branching:
            raise NotKnown("a profile that branches")
        if not drawing.loops:
            raise NotKnown("a profile that is open" if drawing.open else "a profile without loops")
        many = drawing.open > 1
        open_ones = "curves that end nowhere are" if many else "curve that ends nowhere is"
        open_ones = f"{drawing.open} {open_ones} left out"
        said = (open_ones,) if drawing.open else ()
        return len(self.operations), (Sketch(_tidy(found.plane), drawing.loops, found.name, said),)

    def regions(self, index: int, sketch: Sketch) -> tuple[Profile, ...]:
        """The profiles of a sketch: those of an earlier extrude of it, if there is one."""
        made = (op.profiles for op in self.operations if isinstance(op, Extrude | Revolve))
        same = (found for found in made if found and found[0].sketch == index)
        return next(same, None) or profiles(sketch.loops, index)

    def boolean(self, *, cut: str = "", apart: bool = False) -> Boolean:
        """How a feature meets the solid so far; `cut` is what to call it, if it cuts.

        Raises NotKnown if there is nothing to cut.
        """
        if self.solid is None and cut:
            raise NotKnown(f"{cut} in nothing")
        if cut:
            return Boolean.CUT
        return Boolean.NEW_BODY if self.solid is None or apart else Boolean.JOIN

    def after(self, name: str, operations: tuple[Operation, ...]) -> Earlier:
        """What stands before the next feature: these operations of a feature as well."""
        places, corners, made = dict(self.places), dict(self.corners), self.operations
        solid = self.solid
        for operation in operations:
            own = operation.source if isinstance(operation, Sketch) else name
            places[own] = len(made)
            if isinstance(operation, Sketch):
                corners[len(made)] = _corners(operation)
            elif isinstance(operation, Extrude) and operation.boolean in _ADDS:
                solid = _around(solid, operation, corners)
            elif isinstance(operation, Revolve) and operation.boolean in _ADDS:
                solid = _around_turned(solid, operation, corners, made)
            made = (*made, operation)
        return replace(self, operations=made, places=places, solid=solid, corners=corners)


_ADDS = (Boolean.NEW_BODY, Boolean.JOIN)


def _tidy(plane: Plane) -> Plane:
    x, y, z = map(rounded, plane.origin)
    return replace(plane, origin=(x, y, z))


def _corners(sketch: Sketch) -> Array:
    """The corners of a rectangle around a sketch, in space, and the normal last: shape (5, 3)."""
    boxes = np.array([loop.box for loop in sketch.loops])
    left, bottom = boxes[:, :2].min(axis=0)
    right, top = boxes[:, 2:].max(axis=0)
    flat = np.array([(left, bottom), (right, bottom), (right, top), (left, top)])
    return np.vstack([sketch.plane.to_world(flat), sketch.plane.normal])


def _around(
    box: BoundingBox | None, extrude: Extrude, corners: Mapping[int, Array]
) -> BoundingBox | None:
    """The box around what was, and all that an extrude adds."""
    points = [] if box is None else [np.array([box.minimum, box.maximum])]
    for sketch in {profile.sketch for profile in extrude.profiles}:
        *flat, normal = corners[sketch]
        points += [np.array(flat) + end * normal for end in extrude.extent.span]
    return BoundingBox.of(np.concatenate(points)) if points else None


def _around_turned(
    box: BoundingBox | None,
    revolve: Revolve,
    corners: Mapping[int, Array],
    before: tuple[Operation, ...],
) -> BoundingBox | None:
    """The box around what was, and around balls that hold all that a revolve adds."""
    points = [] if box is None else [np.array([box.minimum, box.maximum])]
    at, along = map(np.array, revolve.axis.in_world(revolve.start(before)))
    for sketch in {profile.sketch for profile in revolve.profiles}:
        flat = np.array(corners[sketch][:-1])
        feet = at + ((flat - at) @ along)[:, None] * along
        far = float(np.linalg.norm(flat - feet, axis=1).max())
        points += [feet - far, feet + far]
    return BoundingBox.of(np.concatenate(points)) if points else None
