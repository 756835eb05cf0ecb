"""Booleans that are checked: a result is kept only if it is valid and is what it must be.

Real sketches are stored in single precision, so faces that should coincide miss each other by
some nanometres, and the kernel then leaves slivers or drops whole bodies, and calls the rest
valid. Booleans are told how large a gap they may close (the fuzzy value); what they give must have
the volume of the prisms that went in (`arrangement.py`), a union must reach as far as they do, and
nothing else may reach farther. If not, the next fuzzy value is tried, the other order, cells, and
one by one.

Where not all that goes in are prisms, what must come out is known by bounds and by points that are
inside or outside (`expected.py`): every result is checked by both, in any way.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.history.geometry import Array
from cadcomplete.kernel.attempts import Attempt, merged, unified
from cadcomplete.kernel.expected import difference, intersection, union
from cadcomplete.kernel.integrals import box_of, volume_of
from cadcomplete.kernel.known import located, oracle_of
from cadcomplete.kernel.measure import count_bodies
from cadcomplete.kernel.oracle import Oracle
from cadcomplete.kernel.solid import Solid, is_valid


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


def fuse(solids: list[Solid], *, way: Way = CAREFUL) -> Solid:
    """Return the union. Raises BooleanError if the kernel cannot make it."""
    if len(solids) == 1:
        return solids[0]
    wanted = union([oracle_of(solid) for solid in solids])
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
    wanted = difference(oracle_of(solid), [oracle_of(tool) for tool in tools])
    attempt = Attempt("cut", [solid.shape], [tool.shape for tool in tools])
    try:
        return _right([attempt], wanted, solid, way, partial(_stays, [solid]))
    except BooleanError:
        if len(tools) == 1 or not way.checked:
            raise
    return reduce(lambda left, tool: cut(left, [tool], way=way), tools, solid)


def intersect(solid: Solid, tool: Solid, *, way: Way = CAREFUL) -> Solid:
    """Return what both have in common. Raises GeometryError if that is nothing."""
    wanted = intersection(oracle_of(solid), oracle_of(tool))
    there = Attempt("common", [solid.shape], [tool.shape])
    back = Attempt("common", [tool.shape], [solid.shape])
    return _right([there, back], wanted, solid, way, partial(_stays, [solid, tool]))


def verified(solid: Solid) -> Solid:
    """Return a solid that was made without checks, now checked.

    Raises BooleanError if it is not valid, or not what it must be.
    """
    if not is_valid(solid.shape):
        raise BooleanError("the boolean gives no valid solid")
    wanted = oracle_of(solid)
    if not wanted.has(solid.volume, within=RIGHT * solid.volume):
        raise BooleanError(wanted.told(solid.volume))
    if (problem := _missed(wanted, solid.shape)) is not None:
        raise BooleanError(problem)
    return replace(solid, checked=True)


def believed(shape: TopoDS_Shape, expected: Oracle) -> Solid:
    """Return what an operation has made, if it is what is expected of it.

    Its volume must be within the bounds, itself within the box, and points where they belong. Mere
    bounds are forgotten then: what is known of the solid is its shape. Raises BooleanError.
    """
    made = Solid(shape, 0.0 if shape.IsNull() else volume_of(shape), expected)
    if made.volume <= 0:
        raise BooleanError("the kernel makes no solid of it")
    made, wanted, got = verified(made), expected.box(), _box(made)
    slack = _slack(wanted)
    if (got[0] < wanted[0] - slack).any() or (got[1] > wanted[1] + slack).any():
        raise BooleanError("the kernel's result reaches out of the box that it must be in")
    counted = expected.bodies()
    if counted is not None and not counted[0] <= (count := count_bodies(made)) <= counted[1]:
        least, most = counted
        right = f"{least}" if least == most else f"{least} to {most}"
        raise BooleanError(f"the kernel's result has {count} bodies where {right} are right")
    return made if expected.lasting else replace(made, oracle=None)


def _missed(wanted: Oracle, shape: TopoDS_Shape) -> str | None:
    """Say where a shape is not what it must be; None if nothing is wrong, or volumes say it all."""
    if wanted.exact:
        return None
    points, sides = wanted.witnesses
    wrong = np.flatnonzero(located(shape, points) * sides < 0)
    if not len(wrong):
        return None
    x, y, z = points[wrong[0]]
    side = "inside" if sides[wrong[0]] > 0 else "outside"
    return f"the kernel's result is wrong at ({x:.6g}, {y:.6g}, {z:.6g}) mm, which is {side}"


def _right(
    attempts: list[Attempt],
    wanted: Oracle,
    before: Solid,
    way: Way,
    fits: Callable[[Solid], bool],
) -> Solid:
    """Return the first result that is valid, has the volume wanted (nearly, if askew), and fits.

    `before` is one of those that went in. Raises GeometryError if nothing is left of it,
    BooleanError if there is no such result.
    """
    if not way.checked and wanted.exact:
        return _unchecked(attempts[0], wanted, before, way, fits)
    since = (oracle_of(before), before.volume)
    got, near, problem = None, None, None
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
                if (missed := _missed(wanted, one)) is not None:
                    problem = missed
                elif right:
                    return solid
                else:
                    near = solid
    if near is not None:
        return near
    if problem is None and got is not None:
        problem = wanted.told(got)
    raise BooleanError(problem or "the boolean gives no valid solid")


def _nearly(volume: float, wanted: Oracle) -> bool:
    return volume > 0 and wanted.askew and wanted.has(volume, within=NEARLY * volume)


def _shapes(attempts: list[Attempt], way: Way) -> Iterator[TopoDS_Shape]:
    """Yield what the kernel makes of a boolean, one way after another."""
    for attempt in attempts:
        yield from (shape for gap in way.fuzzy if (shape := attempt.run(gap)) is not None)
    if attempts[0].shapes <= _MOST_CELLS:
        yield from (shape for gap in way.fuzzy if (shape := attempts[0].cells(gap)) is not None)


def _unchecked(
    attempt: Attempt,
    wanted: Oracle,
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
