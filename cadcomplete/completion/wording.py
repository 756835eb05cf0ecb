"""What was added to a part, in words: "4 through holes ø9"; and what its score is.

By rule, from the operations and what they do (`effects`); lengths are millimetres.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from cadcomplete.completion.effects import BuiltStep, ExtrudeStep, Kind, effect
from cadcomplete.data.describe.words import joined, number, plural, times
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import Circle
from cadcomplete.history.edge_phrases import edges_in_words
from cadcomplete.history.geometry import Plane, Vec3
from cadcomplete.history.hole_kinds import Counterbore
from cadcomplete.history.holes import Hole
from cadcomplete.history.kinds import AXES, write_direction
from cadcomplete.history.operations import Boolean, Extrude, Loop, Profile, Sketch
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.revolve import Revolve, turned
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table

EXPECTED, PROBABILITY = "expected IoU", "probability that it is the designer's"
"""What the score of a whole part is: of it and what is wanted; and that of a next operation."""

_OPERATIONS = 3  # that are told, of more the others are counted
_THINGS = 3  # the same of what one of them makes

NOUNS: dict[Kind, tuple[str, str, str, str]] = {
    Kind.BASE: ("cylinder", "ring", "block", "body"),
    Kind.BOSS: ("round boss", "ring", "block", "boss"),
    Kind.THROUGH: ("through hole", "ring cut through", "through opening", "through opening"),
    Kind.BLIND: ("blind hole", "annular groove", "rectangular pocket", "pocket"),
    Kind.REST: ("intersection", "intersection", "intersection", "intersection"),
}
"""What an extrude of a circle, of a ring, of a rectangle and of another outline is called."""

_DEEP = {Kind.BLIND: " deep", Kind.BOSS: " high"}


def in_words(sequence: CadSequence, keep: int) -> str:
    """Return what the operations from `keep` on add to a part."""
    operations = sequence.operations
    used = {number for operation in operations for number in operation.refers()}
    steps = {len(step.operations): step for step in effect(sequence, keep).steps}
    found = [
        SAID[type(operation)](operation, steps.get(index))
        for index, operation in enumerate(operations[keep:], start=keep)
        if operation.builds or index not in used
    ]
    if len(found) > _OPERATIONS:
        found = [*found[: _OPERATIONS - 1], f"{len(found) - _OPERATIONS + 1} more operations"]
    return ", ".join(found) or "nothing"


def _sketched(sketch: Sketch, step: None) -> str:
    return f"sketch of {_drawn(sketch)} {_where(sketch.plane)}"


def _extruded(extrude: Extrude, step: BuiltStep) -> str:
    if step.kind is Kind.NOTHING or step.change.nothing:
        return "an extrude that changes nothing"
    if not isinstance(step, ExtrudeStep):
        tapers = dict.fromkeys((extrude.extent.taper, extrude.extent.taper_against))
        leaning = times(*(taper for taper in tapers if taper))
        return f"{_LEANING[extrude.boolean]} tapered by {leaning}°"
    things = Counter(_made(profile, step) for profile in extrude.profiles)
    if len(things) > _THINGS:
        return f"{len(extrude.profiles)} {plural(NOUNS[step.kind][3])}"
    return _counted(things)


_LEANING: dict[Boolean, str] = {
    Boolean.NEW_BODY: "body",
    Boolean.JOIN: "boss",
    Boolean.CUT: "pocket",
    Boolean.INTERSECT: "intersection",
}

_TURNED: dict[Boolean, str] = {
    Boolean.NEW_BODY: "revolve",
    Boolean.JOIN: "revolve",
    Boolean.CUT: "groove",
    Boolean.INTERSECT: "revolved intersection",
}


def _revolved(revolve: Revolve, step: BuiltStep) -> str:
    """By how far it turns, and what it reaches across its axis and along it."""
    if step.kind is Kind.NOTHING or step.change.nothing:
        return "a revolve that changes nothing"
    boxes = [turned(revolve, profile, step.operations).box for profile in revolve.profiles]
    lefts, _, rights, tops = zip(*boxes, strict=True)
    size = f"ø{times(2 * max(tops), max(rights) - min(lefts))}"
    return f"{_TURNED[revolve.boolean]} {number(revolve.total)}° {size}"


def _drilled(hole: Hole, step: BuiltStep) -> str:
    """Its diameter and depth, how often, and its head."""
    if step.change.nothing:
        return "a hole that changes nothing"
    deep = "through" if hole.depth is None else f"{number(hole.depth)} deep"
    often = f", {len(hole.centers)} times" if len(hole.centers) > 1 else ""
    return f"hole ø{number(hole.diameter)} {deep}{often}{_head(hole)}"


def _head(hole: Hole) -> str:
    if hole.head is None:
        return ""
    if isinstance(hole.head, Counterbore):
        return f", counterbore ø{times(hole.head.diameter, hole.head.depth)}"
    return f", countersink ø{number(hole.head.diameter)} × {number(hole.head.angle)}°"


def _mirrored(mirror: Mirror, step: BuiltStep) -> str:
    axis = _axis(mirror.normal)
    at = mirror.position * (-1 if axis[:1] == "-" else 1)
    where = f"{axis[-1]} = {number(at)}" if axis else "a slanted plane"
    return _again(mirror, step, f"mirrored about {where}")


def _in_a_row(pattern: LinearPattern, step: BuiltStep) -> str:
    axis = _axis(pattern.direction).removeprefix("+") or "a slanted line"
    far = f"{number(pattern.spacing)} apart"
    return _again(pattern, step, f"{pattern.count} in a row along {axis}, {far}")


def _around(pattern: PolarPattern, step: BuiltStep) -> str:
    axis = _axis(pattern.axis)[-1:] or "a slanted axis"
    over = "" if pattern.angle == 360 else f" over {number(pattern.angle)}°"
    return _again(pattern, step, f"{pattern.count} around {axis}{over}")


def _again(pattern: Repeat, step: BuiltStep, said: str) -> str:
    if step.change.nothing:
        return f"a {pattern.name} that changes nothing"
    return f"the part {said}" if pattern.of is None else said


def _axis(direction: Vec3) -> str:
    """The name of a direction along an axis of the world, such as "+x"; "" for any other."""
    name = write_direction(direction)
    return name if name in AXES else ""


def _rounded(fillet: Fillet, step: BuiltStep) -> str:
    return f"fillet {number(fillet.radius)} mm on {edges_in_words(fillet.edges)}"


def _bevelled(chamfer: Chamfer, step: BuiltStep) -> str:
    sizes = times(*dict.fromkeys(chamfer.sizes[:2]))
    return f"chamfer {sizes} mm on {edges_in_words(chamfer.edges)}"


SAID: Table[Callable[[Any, Any], str]] = Table(
    "completion/wording.py",
    {
        Sketch: _sketched,
        Extrude: _extruded,
        Revolve: _revolved,
        Hole: _drilled,
        Mirror: _mirrored,
        LinearPattern: _in_a_row,
        PolarPattern: _around,
        Fillet: _rounded,
        Chamfer: _bevelled,
    },
)
"""What an operation adds, in words, from it and its step (`effects.BuiltStep`).

What builds nothing has no step, and is told only if nothing is made of it.
"""


def _made(profile: Profile, step: ExtrudeStep) -> tuple[str, str]:
    """What an extrude makes of one profile: a noun, and its size."""
    sketch = step.operations[profile.sketch]
    assert isinstance(sketch, Sketch)
    outer, holes = sketch.loops[profile.outer], [sketch.loops[i] for i in profile.holes]
    round_, ring, rectangle, other = NOUNS[step.kind]
    size = _size(outer) if _diameter(outer) else _changed_size(outer, step)
    bores = {_diameter(hole) for hole in holes}
    if _diameter(outer) and len(holes) == 1 and bores != {0.0}:
        noun, size = ring, f"{size}/ø{number(bores.pop())}"
    else:
        noun = round_ if _diameter(outer) else rectangle if _rectangular(outer) else other
    if step.kind in (Kind.BASE, Kind.BOSS, Kind.BLIND):
        size += f" × {number(step.depth)}{_DEEP.get(step.kind, '')}"
    if holes and noun != ring:
        size += " with a hole" if len(holes) == 1 else f" with {len(holes)} holes"
    return noun, size


def _drawn(sketch: Sketch) -> str:
    things: Counter[tuple[str, str]] = Counter()
    for loop in sketch.loops:
        known = "circle" if _diameter(loop) else "rectangle" if _rectangular(loop) else "outline"
        things[known, _size(loop)] += 1
    if len(things) > _THINGS:
        return f"{len(sketch.loops)} loops"
    return _counted(things) or "nothing"


def _where(plane: Plane) -> str:
    """Where a plane lies, by an axis of the world if it is across one."""
    for axis, along, at in zip("xyz", plane.normal, plane.origin, strict=True):
        if abs(along) > 1 - 1e-9:
            return f"at {axis} = {number(at)}"
    return "in a slanted plane"


def _counted(things: Counter[tuple[str, str]]) -> str:
    return joined(
        [
            f"{f'{count} {plural(noun)}' if count > 1 else noun} {size}".strip()
            for (noun, size), count in things.items()
        ]
    )


def _diameter(loop: Loop) -> float:
    """Of a circle; 0 for any other loop."""
    first = loop.curves[0]
    return 2 * first.radius if isinstance(first, Circle) else 0.0


def _rectangular(loop: Loop) -> bool:
    """Say whether a loop fills the box around it."""
    left, bottom, right, top = loop.box
    return abs(abs(loop.area) - (right - left) * (top - bottom)) <= 1e-6 * abs(loop.area)


def _size(loop: Loop) -> str:
    if _diameter(loop):
        return f"ø{number(_diameter(loop))}"
    left, bottom, right, top = loop.box
    return times(right - left, top - bottom)


def _changed_size(loop: Loop, step: ExtrudeStep) -> str:
    """The size of an outline, or of what it changes if that is less: a rib in a corner, a slot."""
    if len(step.operation.profiles) > 1 or step.kind in (Kind.BASE, Kind.REST):
        return _size(loop)
    (left, bottom, _), (right, top, _) = step.box
    return times(right - left, top - bottom)


def told(score: float, score_is: str) -> str:
    """Return a score with what it is: "expected IoU 0.98", "4.3 % that it is the designer's"."""
    if score_is != PROBABILITY:
        return f"{score_is} {score:.3f}"
    percent = 100 * score
    digits = 0 if percent >= 10 else 1 if percent >= 1 else 2
    size = f"{percent:.{digits}f} %" if percent >= 0.01 else "under 0.01 %"
    return f"{size} that it is the designer's"
