"""What came of building a history: problems, remarks and measures; none of it loads the kernel."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from cadcomplete.history.geometry import BoundingBox, Vec3


class Senseless(str, Enum):
    """What a valid operation may do that makes no sense."""

    TOUCHES_NOTHING = "touches nothing"
    CHANGES_NOTHING = "changes nothing"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that makes no sense, though what comes of it is a valid solid.

    Attributes:
        operation: index of the operation in its sequence.
        kind: what it does not do.
        boolean: how it was to meet what was there: "join", "cut" and so on; of a mirror or pattern,
            and of what makes another solid of the one before, its name.
    """

    operation: int
    kind: Senseless
    boolean: str

    @property
    def text(self) -> str:
        return f"the {self.boolean} {self.kind.value}"

    def __str__(self) -> str:
        return f"operation {self.operation}: {self.text}"


@dataclass(frozen=True, slots=True)
class Measures:
    """Mass properties; a part of several bodies counts as their union.

    Attributes:
        volume: mm³.
        area: of the surface, mm².
        bounding_box: axis-parallel, corners in mm.
        center_of_mass: mm.
        moments: of inertia about the principal axes, for a density of 1, in mm⁵, least first.
        bodies: number of separate solids.
    """

    volume: float
    area: float
    bounding_box: BoundingBox
    center_of_mass: Vec3
    moments: Vec3
    bodies: int


@dataclass(frozen=True, slots=True)
class Report:
    """What came of building a history.

    Attributes:
        problems: what keeps it from being a valid solid; empty if it is one.
        measures: its mass properties, or None if there is no solid.
        operation: index of the operation that could not be built, if that is the problem.
        remarks: what is valid but makes no sense, in the order of the operations.
        solid: what was built (`packing.py`), if that was to be kept; b"" if there is nothing.
    """

    problems: tuple[str, ...]
    measures: Measures | None = None
    operation: int | None = None
    remarks: tuple[Remark, ...] = ()
    solid: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def bodies(self) -> int:
        """Number of separate solids."""
        return self.measures.bodies if self.measures is not None else 0

    @property
    def valid(self) -> bool:
        return not self.problems
