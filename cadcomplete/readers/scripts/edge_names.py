"""Edges that scripts select, as names from the history that mean just those.

A library selects among all edges, also those where nothing bends; a name means only the others,
and of those that do not bend no fillet or chamfer takes note.
"""

from __future__ import annotations

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.curves import Line
from cadcomplete.history.edges import EdgeName
from cadcomplete.history.geometry import Vec2, Vec3, dot
from cadcomplete.history.kinds import AXES
from cadcomplete.history.operations import Boolean
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.finishing import BlendStep, MirrorStep, every_edge
from cadcomplete.readers.scripts.regions import flat_level
from cadcomplete.readers.scripts.skyline import touches
from cadcomplete.readers.scripts.solids import SolidStep, Steps

_ASKEW = 1e-9

Filters = tuple[str, ...]


def level_of(steps: Steps, word: str) -> float:
    """Return how far a solid reaches along an axis, at a flat face. Raises UnsupportedError."""
    return flat_level(steps, AXES[word])


def of_rim(steps: Steps, word: str) -> Filters:
    """Return the filter of the edges of the flat faces in which a solid ends along an axis.

    They are all the edges that lie so far, where no step ends there in a ridge.
    """
    far, slanted = level_of(steps, word), 0
    for step in steps:
        spend(10)
        if isinstance(step, BlendStep):
            continue
        if isinstance(step, MirrorStep):
            if abs(dot(step.plane.normal, AXES[word])) > _ASKEW:
                raise UnsupportedError(["edges of a face that a mirror may have made"])
            continue
        ridged = not touches(step, AXES[word], far)
        slanted += ridged  # two grooves side by side may leave a ridge between them
        if ridged and (step.boolean is not Boolean.CUT or slanted > 1):
            raise UnsupportedError(["edges of a face beside a ridge"])
    return (word,)


def across(steps: Steps, axis: str, *, straight: bool = False) -> list[Filters]:
    """Return the filters of all edges that do not run along an axis, in a solid of upright walls.

    With `straight` of the straight ones alone, which run at right angles to it.

    Raises UnsupportedError for others.
    """
    words = [f for f in "xyz" if f != axis]
    found: dict[str, None] = {}
    way = AXES[f"+{axis}"]
    for step in steps:
        if isinstance(step, MirrorStep) and abs(dot(step.plane.normal, way)) <= _ASKEW:
            continue
        if straight and isinstance(step, BlendStep) and step.rounded:
            continue  # it leaves no straight edges but along those that it rounds
        if not isinstance(step, SolidStep) or step.axis is not None or _tilted(step, way):
            raise UnsupportedError([f"edges across {axis} of what is not upright"])
        for loop in (loop for face in step.faces for loop in face.loops):
            spend(len(loop.curves))
            for curve in loop.curves:
                line = isinstance(curve, Line)
                kind = _kind(step, curve.start, curve.end, words) if line else "round"
                found[kind] = None
    if straight:
        found.pop("round", None)
    return [(word,) for word in found]


def _tilted(step: SolidStep, way: Vec3) -> bool:
    return abs(dot(step.plane.normal, way)) < 1 - _ASKEW


def _kind(step: SolidStep, start: Vec2, end: Vec2, words: list[str]) -> str:
    along = (end[0] - start[0], end[1] - start[1])
    length = (along[0] ** 2 + along[1] ** 2) ** 0.5
    for word in words:
        way = AXES[f"+{word}"]
        share = along[0] * dot(step.plane.x_axis, way) + along[1] * dot(step.plane.y_axis, way)
        if abs(share) >= length * (1 - 1e-7):
            return word
    raise UnsupportedError(["edges across an axis that lie aslant"])


def named(filters: list[Filters]) -> tuple[EdgeName, ...]:
    """Return the names of all edges that pass any of some filters."""
    return tuple(dict.fromkeys(every_edge(*one) for one in filters))
