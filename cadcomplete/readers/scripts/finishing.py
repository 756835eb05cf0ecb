"""Steps of a solid that sweep nothing: edges rounded or cut off, and the whole mirrored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.edges import PARALLEL_TO, EdgeName, EdgePoint, EdgePredicate
from cadcomplete.history.geometry import Plane, Symmetry, Vec3
from cadcomplete.history.kinds import AXES
from cadcomplete.readers.scripts.frames import compose, to_world
from cadcomplete.readers.scripts.mirrored import (
    reflected_plane,
    reflected_point,
    reflected_way,
)

_STRAIGHT = 1e-9  # how far an axis that is turned by quarters may be off


@dataclass(frozen=True, slots=True)
class BlendStep:
    """Edges of the solid so far made round, or cut off slantwise, by a size in mm.

    The names refer to no other step: predicates of all edges, and points. What is cut off may have
    an `other` size, on the face at each edge that was made later (`Chamfer`).
    """

    size: float
    edges: tuple[EdgeName, ...]
    rounded: bool
    line: int = field(default=0, compare=False)
    other: float | None = None

    @property
    def most(self) -> float:
        """How far it reaches into the faces beside its edges."""
        return self.size if self.other is None else max(self.size, self.other)

    def moved(self, frame: Plane) -> BlendStep:
        """Return it in a solid put at a place. Raises UnsupportedError."""

        def move(point: Vec3) -> Vec3:
            return to_world(frame, point)

        turn = _quarters(frame.x_axis, frame.y_axis, frame.normal)
        return replace(self, edges=tuple(_mapped(name, move, turn) for name in self.edges))

    def reflected(self, mirror: Plane) -> BlendStep:
        """Return it in the mirror image of a solid. Raises UnsupportedError."""

        def move(point: Vec3) -> Vec3:
            return reflected_point(mirror, point)

        x, y, z = (reflected_way(mirror, axis) for axis in (AXES["+x"], AXES["+y"], AXES["+z"]))
        turn = _quarters(x, y, z)
        return replace(self, edges=tuple(_mapped(name, move, turn) for name in self.edges))


@dataclass(frozen=True, slots=True)
class MirrorStep:
    """The whole solid so far, and its image on the other side of a plane."""

    plane: Plane
    line: int = field(default=0, compare=False)

    def moved(self, frame: Plane) -> MirrorStep:
        return replace(self, plane=compose(frame, self.plane))

    def reflected(self, mirror: Plane) -> MirrorStep:
        return replace(self, plane=reflected_plane(mirror, self.plane))


def _mapped(name: EdgeName, move: Callable[[Vec3], Vec3], turn: Symmetry | None) -> EdgeName:
    if isinstance(name, EdgePoint):
        return EdgePoint(move(name.at))
    if not any(one in PARALLEL_TO or one in AXES for one in name.filters):
        return name
    if turn is None:
        raise UnsupportedError(["a fillet or chamfer that is turned askew"])
    return name.mapped(turn)


def _quarters(x: Vec3, y: Vec3, z: Vec3) -> Symmetry | None:
    """Return what takes the axes of the world to others, if those are such as well."""
    order: list[int] = []
    signs: list[int] = []
    for row in zip(x, y, z, strict=True):
        at = max(range(3), key=lambda column: abs(row[column]))
        if abs(abs(row[at]) - 1) > _STRAIGHT:
            return None
        order.append(at)
        signs.append(1 if row[at] > 0 else -1)
    return Symmetry((order[0], order[1], order[2]), (signs[0], signs[1], signs[2]))


def every_edge(*filters: str) -> EdgePredicate:
    """Return the name of all edges that pass some filters."""
    return EdgePredicate("all", filters=filters)


def axis_word(direction: Vec3) -> str:
    """Return +x, -x, +y … for a direction along an axis. Raises UnsupportedError for any other."""
    for word, axis in AXES.items():
        if all(abs(a - b) <= _STRAIGHT for a, b in zip(axis, direction, strict=True)):
            return word
    raise UnsupportedError(["a direction that is not along an axis"])
