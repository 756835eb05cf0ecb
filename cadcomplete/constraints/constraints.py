"""What a person allows a completion to be, said once: a value that travels with the case.

What contradicts itself is refused here; what the given part makes impossible, where the part is
known (`bound.py`). Lengths in mm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

from cadcomplete.constraints.pins import Pin
from cadcomplete.errors import InputError
from cadcomplete.history.geometry import BoundingBox, Plane
from cadcomplete.history.operations import OPERATIONS, Boolean
from cadcomplete.history.sketches import Sketch, SweepsProfiles
from cadcomplete.meshes.mesh import Mesh

Region = BoundingBox | Mesh
"""Where nothing may be added or removed: a box, or what a closed mesh encloses."""


@dataclass(frozen=True, slots=True, eq=False)
class Constraints:
    """What every answer has to keep to; what is not said is free.

    Attributes:
        kinds: the operations that may be added, by their names in `OPERATIONS`; sketches as well
            where something that is made of them may be.
        booleans: how what is added may meet the part: "join" also begins it, and adds bodies as
            "new" does; with "cut" and "intersect" alone nothing is added, without them nothing is
            removed.
        at_most: so many operations may be added, sketches counted.
        within: the whole part lies in that box.
        symmetric: the part is its own mirror image in that plane; a next operation must not make
            it less so.
        keep_out: regions in which nothing is added and nothing removed.
        most_volume: of the part, in mm³.
        most_mass: of the part, in grams, with `density` in g/cm³ (steel 7.85, aluminium 2.7).
        pins: dimensions that everything has that is added.

    Raises InputError for what no part can keep to.
    """

    kinds: tuple[str, ...] = ()
    booleans: tuple[str, ...] = ()
    at_most: int | None = None
    within: BoundingBox | None = None
    symmetric: Plane | None = None
    keep_out: tuple[Region, ...] = ()
    most_volume: float | None = None
    most_mass: float | None = None
    density: float | None = None
    pins: tuple[Pin, ...] = ()

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise problem

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return any(getattr(self, field.name) not in ((), None) for field in fields(self))

    @property
    def allowed(self) -> frozenset[str] | None:
        """The names of the operations that may be added; None for all."""
        if not self.kinds:
            return None
        drawn = any(issubclass(OPERATIONS[name], SweepsProfiles) for name in self.kinds)
        sketch = {name for name, kind in OPERATIONS.items() if kind is Sketch and drawn}
        return frozenset((*self.kinds, *sketch))

    @property
    def volume_limit(self) -> float:
        """The volume that the part may have, in mm³; infinite if any."""
        of_mass = math.inf
        if self.most_mass is not None and self.density is not None:
            of_mass = 1000.0 * self.most_mass / self.density
        return min(self.most_volume or math.inf, of_mass)

    def _problems(self) -> Iterator[InputError]:
        yield from _unknown("--only", self.kinds, tuple(OPERATIONS))
        yield from _unknown("--boolean", self.booleans, tuple(b.value for b in Boolean))
        if self.at_most is not None and self.at_most < 1:
            expected = "at least 1 operation"
            yield InputError(
                "nothing may be added", where="--at-most", expected=expected, got=self.at_most
            )
        for where, value, unit in (
            ("--max-volume", self.most_volume, "mm³"),
            ("--max-mass", self.most_mass, "g"),
            ("--density", self.density, "g/cm³"),
        ):
            if value is not None and not 0 < value < math.inf:
                yield InputError("no such limit", where=where, expected=f"{unit} > 0", got=value)
        if (self.most_mass is None) != (self.density is None):
            hint = "7.85 for steel, 2.7 for aluminium, 1.2 for plastic"
            expected = "--max-mass and --density (g/cm³) together"
            yield InputError("half a limit", expected=expected, hint=hint)
        if self.within is not None:
            yield from _flat("--within", self.within)
        for region in self.keep_out:
            if isinstance(region, BoundingBox):
                yield from _flat("--keep-out", region)


def _unknown(where: str, names: tuple[str, ...], known: tuple[str, ...]) -> Iterator[InputError]:
    for name in names:
        if name not in known:
            expected = ", ".join(known)
            yield InputError("no such name", where=where, expected=expected, got=name)


def _flat(where: str, box: BoundingBox) -> Iterator[InputError]:
    """What is wrong with a box: numbers that are none, or a minimum that is not below."""
    numbers = (*box.minimum, *box.maximum)
    if not all(map(math.isfinite, numbers)):
        yield InputError("not a box", where=where, expected="finite numbers", got=numbers)
    for axis, low, high in zip("xyz", box.minimum, box.maximum, strict=True):
        if not low < high:
            expected = f"a minimum below the maximum along {axis}"
            yield InputError("not a box", where=where, expected=expected, got=(low, high))


FREE = Constraints()
"""Nothing is said: anything may be added."""
