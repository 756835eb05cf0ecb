"""The operations of a history: sketches, extrudes, and all the others, frozen, in millimetres.

What a file has and there is no class for here is an `Unknown`: it ends what can be built.

An operation answers itself what is asked of every operation:

    builds        whether it changes the solid
    finished      whether it is whole: a sketch with an open loop is not
    refers()      the indices of the operations that it names
    planes(…)     the planes that it lays in space or ends on: where others go on from
    lines()       what of it is drawn where there is no solid: polylines in space
    problems(…)   what is wrong with it, or unusual
    mapped(…)     it in the moved part, for a symmetry of the cube
    scaled(…)     it in a part so many times as large

To add one: write a frozen class with all of these, `source` and `remarks`, in a file of its own
that needs this one for types alone; declare its fields, and enter it in `Operation` and in
`OPERATIONS`; CONTRIBUTING.md names the tables of the rooms that meet it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edge_kinds import EDGE_NAMES
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.extrude import Boolean, Extrude
from cadcomplete.history.fields import FieldKind
from cadcomplete.history.findings import Finding
from cadcomplete.history.hole_kinds import CENTERS
from cadcomplete.history.holes import Hole
from cadcomplete.history.loops import Loop
from cadcomplete.history.pattern_kinds import EARLIER
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sketches import Profile, Sketch, plane_of

__all__ = [
    "OPERATIONS",
    "Boolean",
    "Chamfer",
    "Extent",
    "ExtentType",
    "Extrude",
    "Fillet",
    "Finding",
    "Hole",
    "LinearPattern",
    "Loop",
    "Mirror",
    "Operation",
    "PolarPattern",
    "Profile",
    "Revolve",
    "Sketch",
    "Unknown",
    "plane_of",
]


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a file has and there is no operation for here, or what follows such a one.

    Attributes:
        name: what the file calls it, such as `FilletFeature`.
        uses: what of it is not known here, each once, sorted: its own name, a curve, an option;
            empty if it only follows something that is not known.
        content: it, as it stands in the file: JSON, or lines of a script.
    """

    name: str
    uses: tuple[str, ...] = ()
    content: str = ""
    source: str = field(default="", compare=False, repr=False)

    @property
    def said(self) -> str:
        """How a message names it: what it is called, and what of it is not known."""
        plain = not self.uses or self.uses == (self.name,)
        return self.name if plain else f"{self.name} ({', '.join(self.uses)})"


Operation = (
    Sketch | Extrude | Revolve | Hole | Mirror | LinearPattern | PolarPattern | Fillet | Chamfer
)

OPERATIONS: dict[str, type[Operation]] = {
    "sketch": Sketch,
    "extrude": Extrude,
    "revolve": Revolve,
    "hole": Hole,
    "mirror": Mirror,
    "linear": LinearPattern,
    "polar": PolarPattern,
    "fillet": Fillet,
    "chamfer": Chamfer,
}

NEEDS_SOLID: tuple[FieldKind, ...] = (EARLIER, EDGE_NAMES, CENTERS)
"""Kinds of field of what changes a solid that is there: such an operation cannot be the first."""


def beginners() -> dict[str, type[Operation]]:
    """Return the operations that can make a part by themselves, or of a sketch."""
    return {
        name: kind
        for name, kind in OPERATIONS.items()
        if kind.builds and not any(field.kind in NEEDS_SOLID for field in kind.FIELDS)
    }
