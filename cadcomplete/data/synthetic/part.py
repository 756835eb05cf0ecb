"""A part while it is being made: its operations, and the faces that features can go on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cadcomplete.data.synthetic.dice import Dice, Ruler, coarse, to_step, unround
from cadcomplete.data.synthetic.outlines import Disc, Outline, Path, Region, reversed_path
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Plane, Vec2, Vec3, cross, dot
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence

Box = tuple[float, float, float, float]
Span = tuple[float, float]


class AxisFrame(NamedTuple):
    """A plane along the axes of the world to draw on: a point of it, its x and its y axis."""

    origin: Vec3
    x: Vec3
    y: Vec3

    @property
    def normal(self) -> Vec3:
        return cross(self.x, self.y)

    def point(self, x: float, y: float, z: float = 0.0) -> Vec3:
        """Return the point of the world that has these coordinates here."""
        o, a, b, n = self.origin, self.x, self.y, self.normal
        return (
            o[0] + x * a[0] + y * b[0] + z * n[0],
            o[1] + x * a[1] + y * b[1] + z * n[1],
            o[2] + x * a[2] + y * b[2] + z * n[2],
        )

    def at(self, x: float, y: float, z: float = 0.0) -> AxisFrame:
        """Return the parallel frame whose origin has these coordinates here."""
        return AxisFrame(self.point(x, y, z), self.x, self.y)

    @property
    def turned_over(self) -> AxisFrame:
        """The same plane seen from the other side: y runs the other way."""
        return AxisFrame(self.origin, self.x, _minus(self.y))


@dataclass(slots=True, eq=False)
class WorkFace:
    """A flat area in which there is material, and what is free of it.

    Attributes:
        frame: its plane, the origin in the middle of the area, the normal outwards.
        a, b: half its width and half its height; a disc has its radius as both.
        span: from where to where there is material along the normal; (-depth, 0) on a surface.
        round: whether it is a disc.
        whole: whether the area is all there is, up to the edges.
        side: whether it is at the side of the first extrude.
        weight: how readily features are put on it.
        below: how much material there is beyond the depth.
        taken: boxes in which something is already.
        twin: the face on the other side of the material, if there is one.
    """

    frame: AxisFrame
    a: float
    b: float
    span: Span
    round: bool = False
    whole: bool = False
    side: bool = False
    weight: float = 1.0
    below: float = 0.0
    taken: list[Box] = field(default_factory=list)
    twin: WorkFace | None = None

    @property
    def depth(self) -> float:
        return self.span[1] - self.span[0]

    @property
    def inside(self) -> bool:
        """Whether the plane runs through the middle of the material."""
        return self.span[1] > 0

    def free(self, box: Box) -> bool:
        """Say whether a box lies in the area and touches nothing that is there."""
        left, bottom, right, top = box
        if self.round and not self.inside:
            far = math.hypot(max(-left, right), max(-bottom, top))
            if far > self.a * 1.0001:
                return False
        elif left < -self.a or right > self.a or bottom < -self.b or top > self.b:
            return False
        return not any(
            left < r and right > x and bottom < t and top > y for x, y, r, t in self.taken
        )

    def take(self, boxes: Sequence[Box], *, through: bool = False) -> None:
        """Remember that something is there now, and on the other side too if it goes through."""
        self.taken += boxes
        if not through or self.twin is None:
            return
        there = self.twin.frame
        for left, bottom, right, top in boxes:
            corners = [self.frame.point(left, bottom), self.frame.point(right, top)]
            (x, y), (r, t) = (_seen_from(there, corner) for corner in corners)
            self.twin.taken.append((min(x, r), min(y, t), max(x, r), max(y, t)))


def _seen_from(frame: AxisFrame, point: Vec3) -> Vec2:
    arm = (
        point[0] - frame.origin[0],
        point[1] - frame.origin[1],
        point[2] - frame.origin[2],
    )
    return (dot(arm, frame.x), dot(arm, frame.y))


X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def _minus(v: Vec3) -> Vec3:
    return (0.0 - v[0], 0.0 - v[1], 0.0 - v[2])


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a program lays its sketch planes.

    Attributes:
        first: normal and x axis of the first sketch, and how often.
        x_axes: the x axis of a sketch on a face with a normal.
        anywhere: how often the origin of a later sketch is not the world's, seen on its plane.
    """

    first: dict[tuple[Vec3, Vec3], float]
    x_axes: dict[Vec3, Vec3]
    anywhere: float


# Shares of the first sketches of 6,367 Fusion 360 designs and of 152 Omni-CAD files (Onshape).
FUSION = Dialect(
    {
        (Y, X): 0.49,
        (Z, X): 0.31,
        (X, _minus(Z)): 0.17,
        (X, Y): 0.017,
        (Y, _minus(X)): 0.01,
        (_minus(Y), X): 0.003,
    },
    {
        X: _minus(Z),
        Y: _minus(X),
        Z: X,
        _minus(X): Z,
        _minus(Y): X,
        _minus(Z): _minus(X),
    },
    0.006,
)
ONSHAPE = Dialect(
    {(Z, X): 0.61, (_minus(Y), X): 0.30, (X, Y): 0.09},
    {X: Y, Y: _minus(X), Z: X, _minus(X): _minus(Y), _minus(Y): X, _minus(Z): X},
    0.5,
)
ONSHAPE_SHARE = 0.15


class Pad(NamedTuple):
    """A part of an outline's area that is free: its middle, half its sides, or its radius.

    `whole` says that there is nothing else of the outline.
    """

    x: float
    y: float
    a: float
    b: float
    round: bool = False
    whole: bool = False


class OutlineEdge(NamedTuple):
    """A straight edge of an outline, counter-clockwise, and how thick the material is behind."""

    start: Vec2
    end: Vec2
    depth: float


@dataclass(frozen=True, slots=True)
class Blank:
    """What the first sketch draws, its middle in the origin.

    Attributes:
        regions: all of them are extruded.
        a, b: half its width and half its height.
        pads: where on it features can go.
        edges: where at its sides features can go, along x and y only.
        axle: its radius, if features can be put into it from the plane through its axis.
    """

    regions: tuple[Region, ...]
    a: float
    b: float
    pads: tuple[Pad, ...] = ()
    edges: tuple[OutlineEdge, ...] = ()
    axle: float = 0.0


class Extrudable(NamedTuple):
    """A sketch that can be extruded once more: its profiles, and how it lies in its frame."""

    profiles: tuple[Profile, ...]
    behind: bool


# Extents of the first extrude in the Fusion 360 designs; a later one follows from its face.
_FIRST_EXTENT = {"up": 0.807, "down": 0.07, "both": 0.106, "two": 0.017}

# Where the first outline lies: in the middle, its corner in the origin, or somewhere.
_PLACE = {"middle": 0.50, "corner": 0.24, "round": 0.13, "anywhere": 0.13}


class Workpiece:
    """The operations so far, and where features can go.

    Attributes:
        dice, ruler: where random numbers and lengths come from.
        wanted: how many extrudes it should have in the end.
        faces: where features can go; the newest last.
        top, span: the frame on top of the first extrude, and over what it was extruded.
        scale: the leading length of the first sketch.
    """

    def __init__(self, dice: Dice, *, wanted: int, code: int, tagged: bool) -> None:
        self.dice, self.ruler, self.wanted = dice, Ruler(dice), wanted
        self.dialect = ONSHAPE if dice.chance(ONSHAPE_SHARE) else FUSION
        self.operations: list[Operation] = []
        self.faces: list[WorkFace] = []
        self.extrudes = 0
        self.top, self.span, self.scale = AxisFrame((0.0, 0.0, 0.0), X, Y), (0.0, 0.0), 1.0
        self._code = code
        self._tag = ("size" if dice.chance(0.85) else "depth") if tagged else ""

    @property
    def left(self) -> int:
        """How many extrudes are still wanted."""
        return self.wanted - self.extrudes

    @property
    def curves(self) -> int:
        """How many curves its sketches have."""
        return CadSequence(tuple(self.operations)).curves

    # --- lengths --------------------------------------------------------------------------------

    def size(self, *, median: float = 50.0, sigma: float = 1.45) -> float:
        """Return the leading length of the first sketch. Ask once for a part.

        The largest side of the first sketch of the Fusion 360 designs is 45 mm in the median,
        15 to 110 in the middle half.
        """
        about = min(max(self.dice.spread(median, sigma), 2.0), 5000.0)
        tagged = self._tag == "size"
        self.scale = unround(about, self._code) if tagged else self.ruler.length(about)
        return self.scale

    def depth(self, size: float, *, median: float, sigma: float = 0.8) -> float:
        """Return the first depth, `median` times as long as the part is wide. Ask once."""
        about = size * min(max(self.dice.spread(median, sigma), 0.006), 20.0)
        return unround(about, self._code) if self._tag == "depth" else self.ruler.length(about)

    def length(self, about: float) -> float:
        return self.ruler.length(about)

    def share(self, whole: float, low: float, high: float) -> float:
        """Return a preferred length between two shares of a length, whatever it rounds to."""
        about = whole * self.dice.between(low, high)
        least, most = low * whole, high * whole
        for length in (self.ruler.length(about), coarse(about), to_step(about, 0.5)):
            if least <= length <= most:
                return length
        if least <= to_step(about, 0.1) <= most:
            return to_step(about, 0.1)
        return round(about, 3) or about  # never nothing, however small

    # --- operations -----------------------------------------------------------------------------

    def first_frame(self, half_width: float, half_height: float) -> AxisFrame:
        """Choose the plane of the first sketch and where on it the outline has its middle."""
        dice = self.dice
        normal, x_axis = dice.weighted(self.dialect.first)
        place = dice.weighted(_PLACE)
        x = y = 0.0
        if place == "corner":
            x, y = half_width, half_height
        elif place == "round":
            x, y = (coarse(dice.between(0.2, 3) * half_width) * dice.one((1, -1, 0)) for _ in "xy")
        elif place == "anywhere":
            x, y = (round(dice.between(-3, 3) * half_width, 6) for _ in "xy")
        off = coarse(half_width) * dice.one((1, -1)) if dice.chance(0.035) else 0.0
        return AxisFrame((0.0, 0.0, 0.0), x_axis, cross(normal, x_axis)).at(x, y, off)

    def first_span(self, depth: float) -> Span:
        """Choose how the first extrude reaches its depth."""
        way = self.dice.weighted(_FIRST_EXTENT)
        if way == "both":
            return (-depth / 2, depth / 2)
        if way == "two":
            up = self.share(depth, 0.2, 0.8)
            return (up - depth, up)
        return (0.0, depth) if way == "up" else (-depth, 0.0)

    def start(self, blank: Blank, depth: float, *, only: int | None = None) -> Extrudable:
        """Extrude the first sketch, or its first `only` regions; enter the faces this gives."""
        frame, (low, high) = self.first_frame(blank.a, blank.b), self.first_span(depth)
        drawn = self.sketch(frame, blank.regions)
        chosen = range(len(blank.regions) if only is None else only)
        self.extrude(drawn, (low, high), Boolean.NEW_BODY, only=chosen)
        self.top, self.span = frame.at(0.0, 0.0, high), (low, high)
        middle = frame.at(0.0, 0.0, (low + high) / 2)
        if blank.axle:
            axial = AxisFrame(middle.origin, frame.normal, frame.x)
            reach = (-blank.axle, blank.axle)
            self.faces.append(WorkFace(axial, depth / 2, 0.6 * blank.axle, reach, weight=0.8))
        sides = [_side(middle, edge, depth) for edge in blank.edges]
        if len(sides) == 4:  # bottom, right, left, top
            for i in range(4):
                sides[i].twin = sides[3 - i]
        self.faces += sides
        for pad in blank.pads:
            self._two_faces(pad, frame.at(pad.x, pad.y, high), depth)
        return drawn

    def _two_faces(self, pad: Pad, frame: AxisFrame, depth: float) -> None:
        """Enter the face on top of a pad and, as its twin, the one on the other side."""
        under = frame.at(0.0, 0.0, -depth).turned_over
        for place, weight in ((under, 0.25), (frame, 1.0)):
            face = WorkFace(place, pad.a, pad.b, (-depth, 0.0), pad.round, pad.whole, weight=weight)
            self.faces.append(face)
        self.faces[-1].twin, self.faces[-2].twin = self.faces[-2], self.faces[-1]

    def add(
        self,
        frame: AxisFrame,
        regions: Sequence[Region],
        span: Span,
        boolean: Boolean,
        *,
        behind: bool = False,
    ) -> Extrudable:
        """Draw regions and extrude them all over a span along the normal of their frame."""
        drawn = self.sketch(frame, regions, behind=behind)
        self.extrude(drawn, span, boolean)
        return drawn

    def sketch(
        self, frame: AxisFrame, regions: Sequence[Region], *, behind: bool = False
    ) -> Extrudable:
        """Draw regions in a frame, on the sketch plane that a designer's program would lay there.

        With `behind` the normal of that plane is opposite to that of the frame.
        """
        plane = self.plane_at(frame, _minus(frame.normal) if behind else frame.normal)
        place = SketchMap(frame, plane, mirrored=behind)
        outers = {id(region.outer) for region in regions}
        loops: dict[int, Loop] = {}
        numbers: dict[int, int] = {}
        for region in regions:
            for outline in (region.outer, *region.holes):
                if id(outline) not in numbers:
                    numbers[id(outline)] = len(numbers)
                    loops[id(outline)] = place.loop(outline, clockwise=id(outline) not in outers)
        profiles = tuple(
            [
                Profile(
                    len(self.operations),
                    numbers[id(region.outer)],
                    tuple([numbers[id(hole)] for hole in region.holes]),
                )
                for region in regions
            ]
        )
        self.operations.append(Sketch(plane, tuple(loops.values())))
        return Extrudable(profiles, behind)

    def extrude(
        self, drawn: Extrudable, span: Span, boolean: Boolean, *, only: Sequence[int] | None = None
    ) -> None:
        """Extrude the profiles of a sketch, or `only` some, over a span along its frame."""
        low, high = (-span[1], -span[0]) if drawn.behind else span
        profiles = drawn.profiles if only is None else tuple([drawn.profiles[i] for i in only])
        self.operations.append(Extrude(profiles, _extent(low, high), boolean))
        self.extrudes += 1

    def plane_at(self, frame: AxisFrame, normal: Vec3) -> Plane:
        """Return the sketch plane of a frame that the program of the part would lay there."""
        if not self.operations:
            x_axis = frame.x
        else:
            x_axis = self.dialect.x_axes[normal]
            if self.dice.chance(self.dialect.anywhere):
                x, y, z = frame.origin
                origin = (round(x, 6) + 0.0, round(y, 6) + 0.0, round(z, 6) + 0.0)
                return Plane(origin, normal, x_axis)
        offset = round(dot(normal, frame.origin), 6)
        x, y, z = normal
        return Plane((x * offset + 0.0, y * offset + 0.0, z * offset + 0.0), normal, x_axis)


def _side(middle: AxisFrame, edge: OutlineEdge, depth: float) -> WorkFace:
    """Return the face that an edge of the first outline leaves when it is extruded."""
    (x, y), (r, t) = edge.start, edge.end
    length = math.hypot(r - x, t - y)
    c, s = round((r - x) / length), round((t - y) / length)
    a, b = middle.x, middle.y
    direction = (c * a[0] + s * b[0], c * a[1] + s * b[1], c * a[2] + s * b[2])
    frame = AxisFrame(middle.point((x + r) / 2, (y + t) / 2), direction, middle.normal)
    return WorkFace(frame, length / 2, depth / 2, (-edge.depth, 0.0), side=True, weight=0.6)


def _extent(low: float, high: float) -> Extent:
    low, high = round(low, 6), round(high, 6)
    if low == 0.0 or high == 0.0:
        return Extent(ExtentType.ONE_SIDED, high or low)
    if low == -high:
        return Extent(ExtentType.SYMMETRIC, high)
    return Extent(ExtentType.TWO_SIDED, high, -low)


class SketchMap:
    """Maps what is drawn in a frame into the coordinates of a sketch plane parallel to it."""

    def __init__(self, frame: AxisFrame, plane: Plane, *, mirrored: bool) -> None:
        across, up = plane.x_axis, cross(plane.normal, plane.x_axis)
        arm = (
            frame.origin[0] - plane.origin[0],
            frame.origin[1] - plane.origin[1],
            frame.origin[2] - plane.origin[2],
        )
        self.x, self.y = dot(arm, across), dot(arm, up)
        self.xx, self.xy = dot(frame.x, across), dot(frame.y, across)
        self.yx, self.yy = dot(frame.x, up), dot(frame.y, up)
        self.mirrored = mirrored

    def point(self, x: float, y: float) -> Vec2:
        return (
            round(self.x + x * self.xx + y * self.xy, 6) + 0.0,
            round(self.y + x * self.yx + y * self.yy, 6) + 0.0,
        )

    def loop(self, outline: Outline, *, clockwise: bool) -> Loop:
        """Return the loop, from its leftmost, then lowest vertex on, as in the real files."""
        if isinstance(outline, Disc):
            center = self.point(outline.x, outline.y)
            return Loop((Circle(center, round(outline.radius, 6)),))
        path: Path = [(*self.point(x, y), sweep) for x, y, sweep in outline]
        if self.mirrored:
            path = [(x, y, -sweep) for x, y, sweep in path]
        if clockwise != self.mirrored:
            path = reversed_path(path)
        first = path.index(min(path))
        path = path[first:] + path[:first]
        return Loop(_curves(path))


def _curves(path: Path) -> tuple[Curve, ...]:
    curves: list[Curve] = []
    for i, (x, y, sweep) in enumerate(path):
        start, following = (x, y), path[i + 1 - len(path)]
        end = (following[0], following[1])
        curves.append(Arc.from_sweep(start, end, sweep) if sweep else Line(start, end))
    return tuple(curves)
