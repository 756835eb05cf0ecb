"""Mirrors and patterns that make true what a caption says: of what is there, as often as it says.

six holes on a bolt circle      the one hole that is there, around the middle of the part
four ribs in a row, 20 apart    the one rib that is there
mirrored about the yz plane     what was made last, or the whole body
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from cadcomplete.captions.mention import Caption, Mention, Noun, Spot
from cadcomplete.captions.outlines import near, outlined
from cadcomplete.captions.state import CUTS, alike
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Circle
from cadcomplete.history.fields import DECIMALS
from cadcomplete.history.geometry import Array, Plane, Vec3
from cadcomplete.history.holes import Hole
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.patterns import (
    Earlier,
    LinearPattern,
    Mirror,
    PolarPattern,
    Repeat,
    repeatable,
)
from cadcomplete.history.reach import around
from cadcomplete.history.sequence import CadSequence

_MIRROR = re.compile(
    r"\b(?:mirror(?:ed|s)?|mirror\s+image|symmetric(?:al(?:ly)?)?)\b"
    r"(?:[^.;]*?\b(?:(?P<plane>xy|xz|yz|yx|zx|zy)(?:[\s-]+plane)?\b|(?P<axis>[xyz])\s*=\s*0))?"
)
_AXES: dict[str, Vec3] = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_NEWEST = 3  # operations that may be mirrored together


def mirrors_said(text: str) -> tuple[str, ...]:
    """Return across which axes a caption in small letters says that something is mirrored.

    "" stands for the middle of the part, or wherever; () if it says nothing of mirrors.
    """
    found = []
    for one in _MIRROR.finditer(text):
        plane = one["plane"]
        found.append(one["axis"] or ("".join({*"xyz"} - {*plane}) if plane else ""))
    return tuple(dict.fromkeys(found))


def mirrors(caption: Caption, given: CadSequence) -> Iterator[Mirror]:
    """Yield mirrors of what was made last, of more of it, and of the whole body."""
    box, builders = _box(given), _again(given.operations)
    if box is None or not builders:
        return
    middle = box.mean(axis=0).tolist()
    groups: list[Earlier] = [builders[-count:] for count in range(1, _NEWEST + 1)]
    groups = [*dict.fromkeys((*groups, builders[1:])), None]
    for said in caption.mirrors:
        for of in (group for group in groups if group is None or group):
            for axis in said or "xyz":
                at = "xyz".index(axis)
                places = (0.0, middle[at]) if said else (middle[at], 0.0)
                for place in dict.fromkeys(round(place, DECIMALS) + 0.0 for place in places):
                    yield Mirror(_AXES[axis], place, of)


def rows(caption: Caption, given: CadSequence) -> Iterator[LinearPattern]:
    """Yield patterns in a row, of things of which there are some and more are said."""
    box = _box(given)
    for mention, of, plane in begun(caption, given):
        where, count = mention.where, mention.count
        if box is None or count is None or (where is not None and where.spot is not Spot.ROW):
            continue
        for axis in (plane.x_axis, plane.y_axis):
            along = np.abs(axis) @ (box[1] - box[0])
            at = np.array(_place(given, of, plane)) @ np.array(axis)
            middle = box.mean(axis=0) @ np.array(axis)
            sign = -1.0 if at > middle + 1e-6 else 1.0
            far = 2 * abs(at - middle)
            gaps = where.sizes[:1] if where is not None and where.sizes else (far / (count - 1),)
            ways = [_vector([way * part for part in axis]) for way in (sign, -sign)]
            for gap in gaps:
                if 0 < gap * (count - 1) < along:
                    for way in ways:
                        yield LinearPattern(way, round(gap, DECIMALS), count, of)


def turns(caption: Caption, given: CadSequence) -> Iterator[PolarPattern]:
    """Yield patterns evenly around the middle, of things of which there are some and more are
    said."""
    box = _box(given)
    for mention, of, plane in begun(caption, given):
        where, count = mention.where, mention.count
        if box is None or count is None or (where is not None and where.spot is not Spot.CIRCLE):
            continue
        normal = np.array(plane.normal)
        axis = plane.normal if normal.sum() > 0 else tuple((0.0 - normal).tolist())
        for point in (box.mean(axis=0), np.zeros(3)):
            foot = np.round(point - (point @ normal) * normal, DECIMALS) + 0.0
            off = np.array(_place(given, of, plane)) - foot
            if np.linalg.norm(off - (off @ normal) * normal) > 1e-3:  # it is beside the axis
                yield PolarPattern(axis, tuple(foot.tolist()), count, 360.0, of)


def begun(caption: Caption, given: CadSequence) -> Iterator[tuple[Mention, tuple[int, ...], Plane]]:
    """Yield things of which one is there and several are said, what made it, and on which plane."""
    if any(isinstance(one, Repeat) for one in given.operations[-1:]):
        return
    for mention in (m for m in caption.mentions if m.noun in (*CUTS, Noun.BOSS)):
        if mention.count is None or mention.count < 2:
            continue
        for index in reversed(_again(given.operations)):
            loops, plane = _drawn(given.operations[index], given.operations)
            made = given.operations[index]
            cuts = isinstance(made, Hole) or (isinstance(made, Extrude) and not made.adds)
            if len(loops) != 1 or plane is None or cuts != (mention.noun in CUTS):
                continue
            if alike(outlined(loops[0]), mention):
                yield mention, (index,), plane
                break


def as_said(copy: Repeat, caption: Caption, given: CadSequence) -> bool | None:
    """Say whether a mirror or a pattern is what a caption says; None if it says nothing of one."""
    if isinstance(copy, Mirror):
        axis = "xyz"[int(np.argmax(np.abs(copy.normal)))]
        return any(said in ("", axis) for said in caption.mirrors) if caption.mirrors else None
    found = None
    for mention, of, _ in begun(caption, given):
        spot, where = Spot.ROW if isinstance(copy, LinearPattern) else Spot.CIRCLE, mention.where
        if where is not None and where.spot is not spot:
            continue
        gap = where.sizes[0] if where is not None and where.sizes and spot is Spot.ROW else None
        right = copy.count == mention.count and copy.of == of
        if gap is not None and isinstance(copy, LinearPattern):
            right = right and near(copy.spacing, gap)
        found = bool(found) or right
    return found


def _again(operations: Sequence[Operation]) -> tuple[int, ...]:
    """The operations that can be done again."""
    return tuple(i for i, operation in enumerate(operations) if repeatable(operation))


def _drawn(made: Operation, before: Sequence[Operation]) -> tuple[tuple[Loop, ...], Plane | None]:
    """The loops that an extrude or a hole takes, and the plane that they lie on."""
    if isinstance(made, Hole):
        return tuple(Loop((Circle(at, made.diameter / 2),)) for at in made.centers), made.plane
    if not isinstance(made, Extrude) or not made.profiles:
        return (), None
    sketch = before[made.profiles[0].sketch]
    if not isinstance(sketch, Sketch):
        return (), None
    return tuple(sketch.loops[one.outer] for one in made.profiles), sketch.plane


def _place(given: CadSequence, of: tuple[int, ...], plane: Plane) -> tuple[float, ...]:
    """The middle of what an operation makes, in the world."""
    loops, _ = _drawn(given.operations[of[0]], given.operations)
    center = outlined(loops[0]).center
    return tuple(plane.to_world(np.array([center]))[0].tolist())


def _vector(values: Sequence[float]) -> Vec3:
    x, y, z = (value + 0.0 for value in values)
    return (x, y, z)


def _box(given: CadSequence) -> Array | None:
    try:
        return around(given.operations)
    except (GeometryError, UnsupportedError):
        return None
