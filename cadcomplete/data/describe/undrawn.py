"""What is made without a drawing, in words with every dimension: `captions/undrawn.py` reads them.

Each function returns the sentence of an operation after those `before` it, and raises
UnsupportedError for what has no words. Steps are counted from 1, each operation that builds one.
"""

from __future__ import annotations

import numpy as np

from cadcomplete.captions.steps import told_order
from cadcomplete.captions.undrawn import EDGES, FILTERS
from cadcomplete.data.describe.places import (
    axis_along,
    direction_told,
    exact,
    no_words,
    place_told,
    plane_told,
    point_told,
    way,
)
from cadcomplete.data.describe.words import count_of, joined
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edges import EdgePoint, EdgePredicate
from cadcomplete.history.geometry import Vec3
from cadcomplete.history.holes import Counterbore, Countersink, Hole
from cadcomplete.history.operations import Extrude, Operation, Revolve, Sketch
from cadcomplete.history.patterns import Earlier, LinearPattern, Mirror, PolarPattern

Before = tuple[Operation, ...]

_KINDS = {kind: words for words, kind in EDGES.items()}
_FILTERS = {one: words for words, one in FILTERS.items()}


def drilled(hole: Hole, before: Before) -> str:
    """Holes of one kind, all their centres."""
    where, axis, plane = plane_told(hole.plane)
    own = hole.plane.to_world(np.array(hole.centers).reshape(-1, 2))
    x_y = np.round(plane.to_local(own)[:, :2], 6).tolist()
    points = joined([point_told((x, y)) for x, y in x_y])
    forth = 1.0 if np.dot(plane.normal, hole.plane.normal) > 0 else -1.0
    many = "a hole" if len(x_y) == 1 else f"{count_of(len(x_y))} holes"
    deep = "through" if hole.depth is None else f"{exact(hole.depth)} mm deep"
    tip = "" if hole.tip is None else f" with a {exact(hole.tip)}° tip"
    return (
        f"{where}: {many} of ø{exact(hole.diameter)} mm at {points}, "
        f"drilled {deep} {way(-forth, axis, plane)}{tip}{_head(hole)}."
    )


def _head(hole: Hole) -> str:
    head = hole.head
    if isinstance(head, Counterbore):
        return f", counterbored ø{exact(head.diameter)} mm × {exact(head.depth)} mm"
    if isinstance(head, Countersink):
        return f", countersunk ø{exact(head.diameter)} mm × {exact(head.angle)}°"
    return ""


def _number(index: int, before: Before) -> str:
    """Which step the operation with an index is, counted from 1."""
    return str(sum(operation.builds for operation in before[: index + 1]))


def _again(of: Earlier, before: Before) -> str:
    """What is done again."""
    if of is None:
        return "The whole body is"
    steps = [_number(index, before) for index in sorted(set(of))]
    return f"Step {steps[0]} is" if len(steps) == 1 else f"Steps {joined(steps)} are"


def mirrored(mirror: Mirror, before: Before) -> str:
    again, axis = _again(mirror.of, before), axis_along(mirror.normal)
    if axis:
        at = mirror.position if axis[0] == "+" else -mirror.position
        return f"{again} mirrored across the plane {axis[1]} = {exact(at)}."
    x, y, z = (mirror.position * along for along in mirror.normal)
    facing = f"through {_fine((x, y, z))} facing {direction_told(mirror.normal)}"
    return f"{again} mirrored across the plane {facing}."


def _fine(place: Vec3) -> str:
    return f"({', '.join(f'{value + 0.0:.6f}' for value in place)})"


def in_a_row(row: LinearPattern, before: Before) -> str:
    axis = axis_along(row.direction)
    along = f"towards {axis}" if axis else f"along {direction_told(row.direction)}"
    many = f"repeated {row.count} times in all"
    return f"{_again(row.of, before)} {many}, {exact(row.spacing)} mm apart, {along}."


def turned_again(turn: PolarPattern, before: Before) -> str:
    far = "evenly" if turn.angle == 360.0 else f"over {exact(turn.angle)}°"
    axis = f"through {place_told(turn.point)} along {direction_told(turn.axis)}"
    many = f"repeated {turn.count} times in all"
    return f"{_again(turn.of, before)} {many}, {far} around the axis {axis}."


def blended(blend: Fillet | Chamfer, before: Before) -> str:
    """A fillet, or a chamfer that cuts off as much of both faces."""
    if isinstance(blend, Chamfer) and blend.sizes[0] != blend.sizes[1]:
        raise no_words("Chamfer (of two sizes)")
    size = blend.radius if isinstance(blend, Fillet) else blend.sizes[0]
    verb = "rounded" if isinstance(blend, Fillet) else "chamfered"
    points = [place_told(name.at) for name in blend.edges if isinstance(name, EdgePoint)]
    told = [f"the edge{'s' * (len(points) > 1)} through {joined(points)}"] if points else []
    told += [_predicate(name, before) for name in blend.edges if isinstance(name, EdgePredicate)]
    edges = ", and ".join(told)
    one = len(points) == 1 and len(told) == 1
    return f"{edges[0].upper()}{edges[1:]} {'is' if one else 'are'} {verb} by {exact(size)} mm."


def _predicate(name: EdgePredicate, before: Before) -> str:
    """All edges of which something is true."""
    if name.curve is not None:
        raise no_words("edges of one curve")
    for operation in (before[index] for index in name.operations):
        both = isinstance(operation, Extrude) and len(operation.extent.parts) != 1
        if name.kind in ("start", "end") and (both or not isinstance(operation, Extrude | Hole)):
            raise no_words("edges where something starts that goes to both sides")
    steps = [_number(index, before) for index in name.operations]
    words = _KINDS[name.kind].format(*steps)
    if name.loop is not None:
        told = _place_of(name.loop, before[name.operations[0]], before)
        words = words.replace("step ", f"outline {told + 1} of step ")
    filters = ", ".join(_FILTERS[one] for one in name.filters)
    return f"{words} ({filters})" if filters else words


def _place_of(loop: int, operation: Operation, before: Before) -> int:
    """At which place an outline is told in its step, from 0: places of holes are told in order."""
    if isinstance(operation, Hole):
        return loop
    if not isinstance(operation, Extrude | Revolve) or not operation.profiles:
        raise no_words("edges of one loop of a copy")
    sketch = before[operation.profiles[0].sketch]
    order = told_order(operation.profiles, sketch.loops) if isinstance(sketch, Sketch) else []
    if loop not in order:
        raise no_words("edges of a loop that is not swept")
    return order.index(loop)
