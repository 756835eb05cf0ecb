"""Booleans that are checked: a result is kept only if it is valid and is what it must be.

Real sketches are stored in single precision, so faces that should coincide miss each other by
some nanometres, and the kernel then leaves slivers or drops whole bodies, and calls the rest
valid. Booleans are told how large a gap they may close (the fuzzy value); what they give must have
the volume of the prisms that went in (`arrangement.py`), a union must reach as far as they do, and
nothing else may reach farther. If not, the next fuzzy value is tried, the other order, cells, and
one by one.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

import numpy as np
from OCP.BRepCheck import BRepCheck_Analyzer
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.history.geometry import Array
from cadcomplete.kernel.arrangement import Arrangement, difference, intersection, union
from cadcomplete.kernel.attempts import Attempt, merged, unified
from cadcomplete.kernel.integrals import box_of, volume_of


@dataclass(frozen=True, slots=True)
class Way:
    """How booleans are done.

    Attributes:
        fuzzy: gaps in mm that a boolean may close, in the order in which they are tried.
        checked: whether each result is checked before the next boolean, and what went in is
            spared; if not, `verified` has to be asked for the last one.
    """

    fuzzy: tuple[float, ...]
    checked: bool = True


CAREFUL = Way((1e-4, 1e-5, 1e-7, 1e-3, 0.0))

QUICK = Way(CAREFUL.fuzzy[:1], checked=False)
"""All at once, and checked at the end: right for all but one in some hundred real parts."""

EXACT_FIRST = Way(CAREFUL.fuzzy[::-1])
"""The other order: a gap closed early can be what a later boolean fails on."""

SAME = 1e-9
"""Relative difference below which two volumes are the same."""

RIGHT = 8e-7
"""Relative difference from what it must be up to which a volume is believed."""


NEARLY = 1e-4
"""The same where nothing better is found and round walls meet askew: such edges are approximate."""


_MOST_CELLS = 8
"""Shapes of which cells are made: they take much longer than a boolean."""


class BooleanError(GeometryError):
    """No order and no fuzzy value give a valid solid with the volume that it must have."""


@dataclass(frozen=True, slots=True)
class Solid:
    """A shape of the kernel, one body or several.

    Attributes:
        shape: the kernel's.
        volume: mm³.
        arrangement: the prisms that it was made of; None if it was read from a file.
        checked: whether it came out of a boolean, and is found to be valid and right.
    """

    shape: Any
    volume: float
    arrangement: Arrangement | None = None
    checked: bool = False

    @property
    def prisms(self) -> Arrangement:
        """Its arrangement. Raises GeometryError if it has none."""
        if self.arrangement is None:
            raise GeometryError("a solid without a history: what a boolean must give is unknown")
        return self.arrangement


def is_valid(shape: TopoDS_Shape) -> bool:
    """Say whether the kernel finds the shape's topology and geometry consistent."""
    return not shape.IsNull() and BRepCheck_Analyzer(shape).IsValid()


def fuse(solids: list[Solid], *, way: Way = CAREFUL) -> Solid:
    """Return the union. Raises BooleanError if the kernel cannot make it."""
    if len(solids) == 1:
        return solids[0]
    wanted = union([solid.prisms for solid in solids])
    shapes = [solid.shape for solid in solids]
    there = Attempt("fuse", shapes[:1], shapes[1:])
    back = Attempt("fuse", shapes[:0:-1], shapes[:1])
    try:
        return _right([there, back], wanted, solids[0], way, partial(_reaches, solids))
    except BooleanError:
        if len(solids) == 2 or not way.checked:
            raise
    return reduce(lambda done, more: fuse([done, more], way=way), solids)


def cut(solid: Solid, tools: list[Solid], *, way: Way = CAREFUL) -> Solid:
    """Return the solid without the tools. Raises GeometryError if nothing is left of it."""
    wanted = difference(solid.prisms, [tool.prisms for tool in tools])
    attempt = Attempt("cut", [solid.shape], [tool.shape for tool in tools])
    try:
        return _right([attempt], wanted, solid, way, partial(_stays, [solid]))
    except BooleanError:
        if len(tools) == 1 or not way.checked:
            raise
    return reduce(lambda left, tool: cut(left, [tool], way=way), tools, solid)


def intersect(solid: Solid, tool: Solid, *, way: Way = CAREFUL) -> Solid:
    """Return what both have in common. Raises GeometryError if that is nothing."""
    wanted = intersection(solid.prisms, tool.prisms)
    there = Attempt("common", [solid.shape], [tool.shape])
    back = Attempt("common", [tool.shape], [solid.shape])
    return _right([there, back], wanted, solid, way, partial(_stays, [solid, tool]))


def verified(solid: Solid) -> Solid:
    """Return a solid that was made without checks, now checked.

    Raises BooleanError if it is not valid, or not what its prisms must give.
    """
    if not is_valid(solid.shape):
        raise BooleanError("the boolean gives no valid solid")
    if not solid.prisms.has(solid.volume, within=RIGHT * solid.volume):
        raise _wrong(solid.volume, solid.prisms)
    return replace(solid, checked=True)


def _right(
    attempts: list[Attempt],
    wanted: Arrangement,
    before: Solid,
    way: Way,
    fits: Callable[[Solid], bool],
) -> Solid:
    """Return the first result that is valid, has the volume wanted (nearly, if askew), and fits.

    `before` is one of those that went in. Raises GeometryError if nothing is left of it,
    BooleanError if there is no such result.
    """
    if not way.checked:
        return _unchecked(attempts[0], wanted, before, way, fits)
    since = (before.prisms, before.volume)
    got, near = None, None
    for shape in _shapes(attempts, way):
        for one in unified(shape):
            volume = volume_of(one)
            nothing = abs(volume) <= SAME * before.volume
            if nothing and wanted.has(0.0, within=RIGHT * before.volume):
                raise GeometryError("nothing is left")
            right = volume > 0 and wanted.has(volume, within=RIGHT * volume, since=since)
            got = got if right else volume
            if not right and (near or not _nearly(volume, wanted)):
                continue
            solid = Solid(one, volume, wanted, checked=True)
            if fits(solid) and is_valid(one):
                if right:
                    return solid
                near = solid
    if near is not None:
        return near
    raise BooleanError("the boolean gives no valid solid") if got is None else _wrong(got, wanted)


def _nearly(volume: float, wanted: Arrangement) -> bool:
    return volume > 0 and wanted.askew and wanted.has(volume, within=NEARLY * volume)


def _shapes(attempts: list[Attempt], way: Way) -> Iterator[TopoDS_Shape]:
    """Yield what the kernel makes of a boolean, one way after another."""
    for attempt in attempts:
        yield from (shape for gap in way.fuzzy if (shape := attempt.run(gap)) is not None)
    if attempts[0].shapes <= _MOST_CELLS:
        yield from (shape for gap in way.fuzzy if (shape := attempts[0].cells(gap)) is not None)


def _unchecked(
    attempt: Attempt,
    wanted: Arrangement,
    before: Solid,
    way: Way,
    fits: Callable[[Solid], bool],
) -> Solid:
    """Return what may be right, as long as it is not clear that it is wrong."""
    shape = attempt.run(way.fuzzy[0], spare=False)
    one = None if shape is None else merged(shape, spare=False)
    if one is not None:
        solid = Solid(one, volume_of(one), wanted)
        if solid.volume > SAME * before.volume and fits(solid):
            return solid
    raise BooleanError("the boolean gives no valid solid")


def _wrong(got: float, wanted: Arrangement) -> BooleanError:
    right = wanted.volume()
    off = f"{got - right:+.6g} mm³"
    return BooleanError(f"the kernel's result is off by {off} where {right:.6g} mm³ are right")


def _reaches(parts: list[Solid], solid: Solid) -> bool:
    """Say whether the box around a union is the one around its parts."""
    box, boxes = _box(solid), np.stack([_box(part) for part in parts])
    wanted = np.stack([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])
    return bool(np.abs(box - wanted).max() <= _slack(box))


def _stays(around: list[Solid], solid: Solid) -> bool:
    """Say whether a solid lies within the boxes around others."""
    box, boxes = _box(solid), np.stack([_box(one) for one in around])
    slack = _slack(box)
    return bool((box[0] >= boxes[:, 0] - slack).all() and (box[1] <= boxes[:, 1] + slack).all())


def _box(solid: Solid) -> Array:
    box = box_of(solid.shape)
    return np.array([box.minimum, box.maximum])


def _slack(box: Array) -> float:
    return RIGHT * float(np.ptp(box, axis=0).max()) + max(CAREFUL.fuzzy)
