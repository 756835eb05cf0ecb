"""The bodies of an extrude that ends where the solid before it says: through, next, at a face.

What the history tells alone is a number by now (`Extrude.resolved`). For the rest the solid is
asked: how far it reaches, or what of a long prism lies outside of it, or inside. A slanted face
cuts a long prism off; both are prisms, so what must come out is known exactly.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy, BRepBuilderAPI_Transform
from OCP.gp import gp_Trsf
from OCP.TopAbs import TopAbs_SOLID
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Line
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.extrude import tapered
from cadcomplete.history.faces import Face
from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import Extrude, Loop, Operation, Profile, Sketch
from cadcomplete.history.reach import cutting
from cadcomplete.history.reaching import behind, face_plane
from cadcomplete.kernel.booleans import cut, intersect
from cadcomplete.kernel.integrals import box_of, volume_of
from cadcomplete.kernel.solid import Solid
from cadcomplete.kernel.sweep import sweep
from cadcomplete.kernel.tapering import tapering

_NEAR = 1e-4
"""How far off the start a body may begin that touches it, in mm: booleans close such gaps."""

_MARGIN = 1.0
"""How far a prism goes on behind what it is cut off by, in mm."""

_SAME = 1e-7
"""Relative difference of volumes below which a body is the prism of its height."""


Heights = tuple[float, float]


def bodies(
    extrude: Extrude, operations: tuple[Operation, ...], solid: Callable[[], Solid | None]
) -> Iterator[Solid]:
    """Yield what the profiles of an extrude sweep; `solid` is what the `operations` have made.

    Raises GeometryError if there is nothing to end at, or a taper is too steep.
    """
    numbers = _in_numbers(extrude, operations, solid)
    for profile in extrude.profiles:
        if numbers is not None:
            yield from _swept(profile, numbers, operations)
        else:
            yield from _Ends(profile, extrude, operations, solid).bodies()


def _in_numbers(
    extrude: Extrude, operations: tuple[Operation, ...], solid: Callable[[], Solid | None]
) -> Extrude | None:
    """Return it with numbers for its ends; None if they are not flat, or only a body tells them."""
    try:
        return cutting(extrude, operations)
    except UnsupportedError:
        there = solid()
    if there is None:
        return None

    def asked(plane: Plane, before: tuple[Operation, ...]) -> Heights:
        if before != operations:
            raise UnsupportedError(["Extrude (up to where another one went through)"])
        return heights_over(plane, there)

    try:
        return extrude.resolved(operations, asked)
    except UnsupportedError:
        return None


def _swept(
    profile: Profile, extrude: Extrude, operations: tuple[Operation, ...]
) -> Iterator[Solid]:
    """Yield what a profile sweeps between numbers: a prism, or a body for each tapered side."""
    if extrude.extent.straight:
        yield sweep(profile, extrude, operations)
        return
    extent = extrude.extent
    if not extent.parts:
        raise GeometryError("the extrude has no height")
    for distance, taper in extent.parts:
        side = Extent(ExtentType.ONE_SIDED, distance, start=extent.start, taper=taper)
        one = replace(extrude, extent=side)
        if taper:
            yield from map(tapering, tapered(profile, one, operations))
        else:
            yield sweep(profile, one, operations)


@dataclass(frozen=True, eq=False)
class _Ends:
    """A profile of an extrude, some side of which ends where no number says it."""

    profile: Profile
    extrude: Extrude
    operations: tuple[Operation, ...]
    solid: Callable[[], Solid | None]

    def bodies(self) -> Iterator[Solid]:
        extent = self.extrude.extent
        first = replace(extent, type=ExtentType.ONE_SIDED, against=0.0, until_against=None)
        yield from self._side(first, 1)
        if extent.type is ExtentType.TWO_SIDED:
            second = Extent(
                ExtentType.ONE_SIDED,
                -extent.against,
                start=extent.start,
                taper=extent.taper_against,
                until=extent.until_against,
            )
            yield from self._side(second, -1)

    def _side(self, extent: Extent, way: int) -> Iterator[Solid]:
        """Yield what one side sweeps, `way` 1 along the normal and -1 against it."""
        if extent.until is None:
            if extent.distance:
                yield from _swept(
                    self.profile, replace(self.extrude, extent=extent), self.operations
                )
        elif extent.until.face is not None:
            yield self._to_face(extent, extent.until.face)
        elif extent.until.kind == "through":
            yield from self._straight(extent, self._behind(way))
        else:
            yield from self._next(extent, way)

    def _straight(self, extent: Extent, distance: float) -> Iterator[Solid]:
        one = replace(self.extrude, extent=replace(extent, distance=distance, until=None))
        yield from _swept(self.profile, one, self.operations)

    @cached_property
    def _sketch(self) -> Sketch:
        if problem := self.profile.problem(self.operations):
            raise GeometryError(problem)
        sketch = self.operations[self.profile.sketch]
        assert isinstance(sketch, Sketch)
        return sketch

    @cached_property
    def _there(self) -> Solid:
        """The solid so far, as a copy."""
        found = self.solid()
        if found is None:
            raise GeometryError("there is nothing before it that it could end at")
        return replace(found, shape=BRepBuilderAPI_Copy(found.shape).Shape())

    @cached_property
    def _start(self) -> Plane:
        return self._sketch.plane.raised(self.extrude.extent.start)

    def _behind(self, way: int) -> float:
        """How far it is along a side to behind all of the part, from where it starts."""
        return behind(heights_over(self._start, self._there), way)

    # --- to the next face ---

    def _next(self, extent: Extent, way: int) -> Iterator[Solid]:
        """Yield what lies between the start and where the part begins; of a cut where it ends."""
        heights = heights_over(self._start, self._there)
        far = behind(heights, way, "next meets nothing") + way * _MARGIN
        for long in self._straight(extent, far):
            found = self._met(long)
            nearest = [piece for piece in found if self._begins(piece, way) <= _NEAR]
            if self.extrude.adds and not nearest:
                raise GeometryError("next meets nothing: it starts inside of the part")
            first = min(self._begins(piece, way) for piece in found)
            nearest = [one for one in found if self._begins(one, way) <= first + _NEAR]
            for piece in nearest:
                yield self._checked(piece, extent, way, far)

    def _met(self, long: Solid) -> list[Solid]:
        """What of a long body lies outside of the part, or inside of it if that is cut."""
        try:
            met = cut(long, [self._there]) if self.extrude.adds else intersect(long, self._there)
        except GeometryError as error:
            raise GeometryError(f"next meets nothing: {error}") from error
        return _pieces(met)

    def _begins(self, piece: Solid, way: int) -> float:
        return min(end * way for end in self._span(piece))

    def _span(self, piece: Solid) -> Heights:
        """Between which heights over the start a body lies."""
        return heights_over(self._start, piece)

    def _checked(self, piece: Solid, extent: Extent, way: int, far: float) -> Solid:
        """Return a piece, as the prism that it is if its end is flat."""
        low, high = self._span(piece)
        end = high if way > 0 else low
        if self.extrude.adds and abs(end - far) <= _MARGIN / 2:
            raise GeometryError("next meets nothing: a part of the profile passes by the part")
        if extent.straight:
            one = replace(self.extrude, extent=replace(extent, distance=end, until=None))
            prism = sweep(self.profile, one, self.operations)
            swept = prism.volume * (high - low) / abs(end)
            if abs(swept - piece.volume) <= _SAME * piece.volume:
                return prism
        return piece

    # --- to a slanted face ---

    def _to_face(self, extent: Extent, face: Face) -> Solid:
        """Return what lies between the start and the plane of a face."""
        plane = face_plane(face, self.operations)
        low, high = self._heights_at(plane)
        if low < -_NEAR and high > _NEAR:
            raise GeometryError(f"the face {face.word} cuts through the profile where it starts")
        way = 1 if high > _NEAR else -1
        far = (high if way > 0 else low) + way * _MARGIN
        (long,) = self._straight(extent, far)
        return cut(long, [self._block(plane, way, abs(far))])

    def _heights_at(self, plane: Plane) -> Heights:
        """How far it is to a plane from the points of the profile, the least and the most."""
        sketch = self._sketch
        start = self._start
        normal = np.array(plane.normal)
        rises = float(normal @ np.array(sketch.plane.normal))
        if abs(rises) < 1e-9:
            raise GeometryError("the face lies along the extrude: it never meets it")
        points = start.to_world(sketch.loops[self.profile.outer].points())
        heights = (np.array(plane.origin) - points) @ normal / rises
        return float(heights.min()), float(heights.max())

    def _block(self, plane: Plane, way: int, far: float) -> Solid:
        """A prism on a plane, on its far side, wide and high enough for what is to be cut off."""
        sketch = self._sketch
        start = self._start
        flat = sketch.loops[self.profile.outer].points()
        ends = (start, start.raised(way * far))
        points = np.concatenate([end.to_world(flat) for end in ends])
        size = 4 * float(np.ptp(points, axis=0).max()) + 4 * _MARGIN
        facing = float(np.dot(plane.normal, sketch.plane.normal)) * way
        local = plane.to_local(points)
        x, y = local[:, :2].mean(axis=0).tolist()
        corners = [
            (x - size, y - size),
            (x + size, y - size),
            (x + size, y + size),
            (x - size, y + size),
        ]
        loop = Loop(
            tuple(Line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
        )
        extent = Extent(ExtentType.ONE_SIDED, size if facing > 0 else -size)
        block = replace(self.extrude, profiles=(Profile(0, 0),), extent=extent)
        return sweep(Profile(0, 0), block, (Sketch(plane, (loop,)),))


def heights_over(plane: Plane, solid: Solid) -> Heights:
    """Between which heights over a plane a solid lies, in mm along its normal."""
    axes = np.array([plane.x_axis, plane.y_axis, plane.normal])
    move = gp_Trsf()
    move.SetValues(*np.column_stack([axes, -axes @ np.array(plane.origin)]).ravel().tolist())
    box = box_of(BRepBuilderAPI_Transform(solid.shape, move, True).Shape())
    return box.minimum[2], box.maximum[2]


def _pieces(solid: Solid) -> list[Solid]:
    """Return the bodies of a solid, each as one that was checked."""
    explorer, found = TopExp_Explorer(solid.shape, TopAbs_SOLID), list[Solid]()
    while explorer.More():
        shape: TopoDS_Shape = explorer.Current()
        found.append(Solid(shape, volume_of(shape), checked=True))
        explorer.Next()
    return found
