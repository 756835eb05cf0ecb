"""The given part in a picture: in which views it fits, and what candidates explain there.

Its edges fall on edges, and it lies within the outline. Where nothing is built yet, the sketch that
waits is looked for instead: as a face of the part, or as one of the prisms that fill the outline.
Shapes: C candidates, V views.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from manifold3d import Manifold

from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.meshes.manifolds import APPLY, Past, mesh_of, states
from cadcomplete.pictures.matching import NOTHING, Match, Sight, match
from cadcomplete.pictures.sides import Creases, side, wire
from cadcomplete.pictures.turning import FROM
from cadcomplete.pictures.views import Shot, places, refined, roughly

FALSE = 1.0
"""How much a pixel of an edge that the picture lacks counts against one that is explained."""

FEW = 25.0
"""Pixels of edges below which each counts by itself; of more it is the root that counts, as
neighbours are no witnesses apart."""

OVERLAP, OUTSIDE = 30.0, -8.0
"""Nats for the IoU of the outlines, and for the share of the body outside of the part."""

_USUAL = 3.0  # nats by which the canonical view is likelier than any other
_SELDOM = 1.2  # the same where the edges of the picture tell that it was turned
_SURE = 12.0  # nats for the whole score of a view
_VIEWS = 3
_CLOSELY = 2  # cameras that are looked at closely
_NEARER = 0.02  # more of its score for a side that is nearer to the canonical one
_TURNS = (2.0, 1.0, 0.5)  # degrees by which one that the edges told is turned


@dataclass(slots=True, eq=False)
class PictureScene:
    """A picture and the given part: no value but a place to work.

    Attributes:
        given: the whole operations.
        sight: the picture.
        bodies: the solid before the first operation and after each.
        sizes: the sides in mm of the box around the wanted part, as far as they are said.
        asked: what was found for what was asked before.
    """

    given: CadSequence
    sight: Sight
    bodies: tuple[Manifold, ...]
    sizes: tuple[float, ...] = ()
    _views: list[Shot] | None = None
    asked: dict[Any, Any] = field(default_factory=dict)

    @property
    def solid(self) -> Manifold:
        return self.bodies[-1]

    @property
    def sides(self) -> list[Array]:
        """The directions from which a picture may show a part, the likeliest first."""
        return self.sight.cameras[1] or [camera.axes for camera in FROM]

    @property
    def views(self) -> list[Shot]:
        """The views in which the given part fits, the best first; none where nothing is built."""
        if self._views is None:
            empty = self.solid.is_empty()
            self._views = [] if empty else fitted(wire(mesh_of(self.solid)), self.sight)
        return self._views

    def built(self, operations: Sequence[Operation]) -> Manifold:
        """Return the solid after further operations. Raises UnsupportedError."""
        found, before = self.bodies[-1], list(self.given.operations)
        made = list(self.bodies)
        for operation in operations:
            found = APPLY[type(operation)](operation, Past(tuple(before), tuple(made)))
            before.append(operation)
            made.append(found)
        return found


def energy(found: Match, sight: Sight, before: Match = NOTHING) -> float:
    """Return the nats for what a match explains more than the one before."""
    more = found.explained - before.explained - FALSE * (found.false - before.false)
    pixels = more * sight.length
    outlines = OVERLAP * (found.overlap - before.overlap)
    outlines += OUTSIDE * (found.outside - before.outside)
    return pixels / math.sqrt(abs(pixels) + FEW) + outlines


def gain(scene: PictureScene, body: Manifold) -> float:
    """Return the nats for a solid in place of the given one, which is there; all views count."""
    made = wire(mesh_of(body))
    known = scene.asked.setdefault("given", {})
    logs, priors = [], []
    for view in scene.views:
        if id(view) not in known:
            own = side(wire(mesh_of(scene.solid)), view.axes)
            known[id(view)] = NOTHING if own is None else match(own, scene.sight, view)
        seen = side(made, view.axes)
        found = NOTHING if seen is None else match(seen, scene.sight, view)
        priors.append(_SURE * view.score)
        logs.append(priors[-1] + energy(found, scene.sight, known[id(view)]))
    return float(np.logaddexp.reduce(logs) - np.logaddexp.reduce(priors)) if logs else 0.0


def scene(given: CadSequence, sight: Sight, *, sizes: tuple[float, ...] = ()) -> PictureScene:
    """Put a given part before a picture. Raises UnsupportedError for what has no twin here."""
    return PictureScene(given, sight, states(given), sizes)


def fitted(body: Creases, sight: Sight) -> list[Shot]:
    """Return the views in which a body fits a picture, the best first."""
    usual, turned = sight.cameras
    first = FROM[0].axes
    cameras = [first, *(axes for axes in usual if not np.allclose(axes, first)), *turned]
    sides = [found for axes in cameras if (found := side(body, axes)) is not None]
    first_turned = len(sides) - len(turned)
    coarser = 2 if len(usual) == len(FROM) else 1
    scores = [
        roughly(one, sight.seen, sight.rough, coarser=1 if i >= first_turned else coarser)[
            :, 3
        ].max()
        for i, one in enumerate(sides)
    ]
    order = sorted(range(len(sides)), key=lambda i: -scores[i])[:_CLOSELY]
    if turned:  # the rough search tells them apart less than from usual sides
        order += sorted(range(first_turned, len(sides)), key=lambda i: -scores[i])[:_CLOSELY]
    more = (_USUAL if not turned else _SELDOM) / _SURE
    found = [
        replace(view, share=view.score, score=view.score + (more if i == 0 else 0.0) + _near(view))
        for i in dict.fromkeys((0, *order))
        for view in places(sides[i], sight.seen, sight.rough, sight.fine, most=_VIEWS)
    ]
    found = sorted(found, key=lambda view: -view.score)[:_VIEWS]
    if found and any(found[0].axes is axes for axes in turned):
        found[0] = straightened(body, sight, found[0])
    return found


def _near(view: Shot) -> float:
    """By how much the score is more: of a part that looks the same when it is turned, the side
    counts that is nearer to the canonical one.
    """
    return _NEARER * float((view.axes * FROM[0].axes).sum()) / 3


def straightened(body: Creases, sight: Sight, view: Shot) -> Shot:
    """Return a view with its camera turned to where more edges fall on edges, by few degrees."""
    best = view
    for degrees in _TURNS:
        for axis in np.eye(3):
            for way in (degrees, -degrees):
                one = side(body, _turn(axis, math.radians(way)) @ best.axes)
                if one is None:
                    continue
                moved = refined(one, sight.seen, sight.fine, replace(best, axes=one.axes), rounds=2)
                if moved.score > best.score + 1e-3:
                    best = replace(moved, share=moved.score)
    return best


def _turn(axis: Array, angle: float) -> Array:
    """The matrix of a turn about a unit vector (Rodrigues)."""
    x, y, z = axis.tolist()
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
