"""Mirrors and patterns: which features are done again, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cadcomplete.history.extents import THROUGH
from cadcomplete.history.geometry import Vec3, dot
from cadcomplete.history.operations import Extrude, Operation
from cadcomplete.history.pattern_kinds import MOST_PLACES
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat, repeatable
from cadcomplete.history.reach import diagonal
from cadcomplete.readers.freecad.before import Earlier, NotKnown
from cadcomplete.readers.freecad.features import (
    LinearCopies,
    Mirrored,
    MultiTransform,
    PolarCopies,
)
from cadcomplete.readers.freecad.outlines import rounded

Originals = tuple[int, ...] | None
"""The indices of the operations that are done again; None for the whole body."""

Pattern = Mirror | LinearPattern | PolarPattern

_ROUND = 360.0
_NEAR = 1e-7


def copied(
    feature: Mirrored | LinearCopies | PolarCopies, before: Earlier
) -> tuple[Operation, ...]:
    """Return a mirror or a pattern; nothing if it has one place, which is where things are.

    Raises NotKnown if it is not in the file what is done again, or where.
    """
    made = _step(feature, _originals(feature.originals, before), feature.name, before)
    return () if made is None else (made,)


def copied_often(feature: MultiTransform, before: Earlier) -> tuple[Operation, ...]:
    """Return the patterns of a multi-transform, each of all that those before it made.

    Raises NotKnown as `copied` does.
    """
    of, made = _originals(feature.originals, before), []
    for step in feature.steps:
        operation = _step(step, of, feature.name, before)
        if operation is None:
            continue
        of = None if of is None else (*of, len(before.operations) + len(made))
        made.append(operation)
    return tuple(made)


def _originals(names: tuple[str, ...], before: Earlier) -> Originals:
    """The operations that are done again, by the names of their features; None for all."""
    if not names:
        return None
    found: list[int] = []
    for name in names:
        made = before.made(name)
        if not made:
            raise NotKnown("copies of what is not there")
        for index in made:
            operation = before.operations[index]
            if not repeatable(operation):
                raise NotKnown(f"copies of a {type(operation).__name__.lower()}")
        found += made
    return tuple(dict.fromkeys(found))


def _step(step: Any, of: Originals, name: str, before: Earlier) -> Pattern | None:
    if type(step) not in STEPS:
        raise NotKnown(step.type)
    if step.odd:
        raise NotKnown(*step.odd)
    made = STEPS[type(step)](step, of, name, before)
    if made is not None and made.of is not None:
        _check_through(made, before)
    return made


def _check_through(pattern: Repeat, before: Earlier) -> None:
    """Raise NotKnown if a copy of what goes through all may be turned so that it does not.

    FreeCAD cuts with a tool that is as long to a side as the part is across, at least, and so do we
    (`reach.cutting`): from where a copy begins the part may not be longer than that.
    """
    for index in pattern.originals:
        operation = before.operations[index] if index < len(before.operations) else None
        if not isinstance(operation, Extrude) or operation.extent.numeric or operation.adds:
            continue
        earlier, extent = before.operations[:index], operation.extent
        plane, reach = operation.start(earlier), diagonal(earlier) - 1.0
        for turned in (motion.plane(plane) for motion in pattern.motions()):
            low, high = before.heights(turned)
            behind = extent.until_against == THROUGH and low < -reach
            if behind or (extent.until == THROUGH and high > reach):
                raise NotKnown("copies, turned, of what goes through all")


def _mirror(step: Mirrored, of: Originals, name: str, before: Earlier) -> Mirror:
    plane = before.body.plane(step.plane)
    if plane is None:
        raise NotKnown("a mirror whose plane is not in the file")
    normal = _upward(plane.normal)
    return Mirror(normal, rounded(dot(normal, plane.origin)), of, name)


def _upward(normal: Vec3) -> Vec3:
    """The normal of a mirror, that of its two which points along the axes: both say the same."""
    x, y, z = normal
    first = next(value for value in (z, y, x) if abs(value) > _NEAR)
    return normal if first > 0 else (0.0 - x, 0.0 - y, 0.0 - z)


def _linear(step: LinearCopies, of: Originals, name: str, before: Earlier) -> Pattern | None:
    if _is_alone(step.count):
        return None
    axis = before.body.axis(step.direction)
    if axis is None:
        raise NotKnown("a pattern whose direction is not in the file")
    given = step.length / (step.count - 1) if step.spacing is None else step.spacing
    spacing = rounded(given)
    if not spacing:
        raise NotKnown("a pattern of no length")
    direction = _turned(axis[1], step.reversed != (spacing < 0))
    return LinearPattern(direction, abs(spacing), step.count, of, name)


def _polar(step: PolarCopies, of: Originals, name: str, before: Earlier) -> Pattern | None:
    if _is_alone(step.count):
        return None
    axis = before.body.axis(step.axis)
    if axis is None:
        raise NotKnown("a pattern whose axis is not in the file")
    angle = _angle(step)
    if not 0 < abs(angle) <= _ROUND:
        raise NotKnown(f"a pattern over {angle:g}°")
    x, y, z = map(rounded, axis[0])
    direction = _turned(axis[1], step.reversed != (angle < 0))
    return PolarPattern(direction, (x, y, z), step.count, abs(angle), of, name)


def _angle(step: PolarCopies) -> float:
    """Degrees from the first place to the last; 360 if they go evenly all around."""
    if step.spacing is None:
        return rounded(step.angle)
    if abs(step.spacing * step.count - _ROUND) < _NEAR:
        return _ROUND
    angle = rounded(step.spacing * (step.count - 1))
    return angle if abs(angle) != _ROUND else 0.0  # its last place would be the first


def _turned(direction: Vec3, back: bool) -> Vec3:
    x, y, z = direction
    return (0.0 - x, 0.0 - y, 0.0 - z) if back else (x + 0.0, y + 0.0, z + 0.0)


def _is_alone(count: int) -> bool:
    if count > MOST_PLACES:
        raise NotKnown(f"a pattern of {count} places")
    return count < 2


STEPS: dict[type[Any], Callable[[Any, Originals, str, Earlier], Pattern | None]] = {
    Mirrored: _mirror,
    LinearCopies: _linear,
    PolarCopies: _polar,
}
"""What operation a transformation is, by the type of its value."""
