"""What stands before a feature, and how a feature says that it is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.operations import Boolean, Extrude, Operation, Profile, Revolve, Sketch
from cadcomplete.history.reach import BOXES, heights_of, hull
from cadcomplete.readers.freecad.document import BodyOfFeatures
from cadcomplete.readers.freecad.outlines import outlines, profiles, rounded
from cadcomplete.readers.freecad.properties import Link

SKETCH = "Sketcher::SketchObject"


class NotKnown(Exception):
    """A feature, or an option of it, that no operation here can say; `uses` names what."""

    def __init__(self, *uses: str) -> None:
        self.uses = tuple(sorted(set(uses)))
        super().__init__(", ".join(self.uses))


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """What stands before a feature of a body.

    Attributes:
        body: all of it, to look up what the feature refers to.
        operations: those of the features before.
        places: by the name of a sketch or a feature the index of its operation.
        solid: the corners of a box around all that was added so far, (2, 3); None if nothing was.
    """

    body: BodyOfFeatures
    operations: tuple[Operation, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    solid: Array | None = None

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

    def made(self, name: str) -> tuple[int, ...]:
        """The indices of the operations that build what a feature is, by its name."""
        made = enumerate(self.operations)
        return tuple(i for i, op in made if op.builds and op.source == name)

    def after(self, name: str, operations: tuple[Operation, ...]) -> Earlier:
        """What stands before the next feature: these operations of a feature as well."""
        found = self
        for operation in operations:
            own = operation.source if isinstance(operation, Sketch) else name
            made, box = found.operations, BOXES[type(operation)](operation, found.operations)
            found = replace(
                found,
                operations=(*made, operation),
                places={**found.places, own: len(made)},
                solid=hull([one for one in (found.solid, box) if one is not None]),
            )
        return found

    def heights(self, plane: Plane) -> tuple[float, float]:
        """Between which heights over a plane, in mm, all lies that was added; 0, 0 if nothing."""
        if self.solid is None:
            return (0.0, 0.0)
        return heights_of(self.solid, plane)


def _tidy(plane: Plane) -> Plane:
    x, y, z = map(rounded, plane.origin)
    return replace(plane, origin=(x, y, z))
