"""Which ideas are the designer's: `usual.py` asks it of every kind that is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cadcomplete.completion.standing import standing
from cadcomplete.completion.usual_blends import sizes_of
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Sketch
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.reach import through
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import edges_named
from cadcomplete.metrics.targets import HIT, edges_f1

NEAR = 0.05
"""Millimetres between what is in one place."""

_ALIKE = 0.02  # share by which diameters and depths may differ


def designers(ideas: Sequence[Any], truth: Any, given: CadSequence, kernel: Kernel) -> np.ndarray:
    """Say which ideas do what the designer's operation does, shape (C,). Of edges the kernel is
    asked: raises BuildError or KernelFailure."""
    if isinstance(truth, Fillet | Chamfer):
        return _same_blends(ideas, truth, given, kernel)
    same = SAME[type(truth)]
    return np.array([same(idea, truth, given) for idea in ideas], dtype=bool)


# --- what is done again -------------------------------------------------------------------------


def _same_copies(idea: Any, truth: Any, given: CadSequence) -> bool:
    everything = set(standing(given).repeatable)
    named = [
        None if one.of is None or set(one.of) >= everything else set(one.of)
        for one in (idea, truth)
    ]
    return named[0] == named[1] and PLACED[type(truth)](idea, truth)


def _same_row(idea: LinearPattern, truth: LinearPattern) -> bool:
    steps = (np.array(one.direction) * one.spacing for one in (idea, truth))
    return idea.count == truth.count and bool(np.linalg.norm(np.subtract(*steps)) < NEAR)


def _same_mirror(idea: Mirror, truth: Mirror) -> bool:
    along = float(np.dot(idea.normal, truth.normal))
    apart = abs(idea.position * np.sign(along) - truth.position)
    return abs(abs(along) - 1) < 1e-6 and bool(apart < NEAR)


def _same_turn(idea: PolarPattern, truth: PolarPattern) -> bool:
    along = float(np.dot(idea.axis, truth.axis))
    away = np.subtract(idea.point, truth.point)
    away = away - np.dot(away, truth.axis) * np.array(truth.axis)
    turned = along > 0 or idea.angle == 360
    way = idea.count == truth.count and abs(idea.angle - truth.angle) < 1 and turned
    return way and abs(abs(along) - 1) < 1e-6 and bool(np.linalg.norm(away) < NEAR)


PLACED: dict[type, Callable[[Any, Any], bool]] = {
    LinearPattern: _same_row,
    Mirror: _same_mirror,
    PolarPattern: _same_turn,
}
"""Whether two are at the same places."""


# --- revolves and holes -------------------------------------------------------------------------


def _same_revolve(idea: Revolve, truth: Revolve, given: CadSequence) -> bool:
    sketch = given.operations[truth.profiles[0].sketch]
    assert isinstance(sketch, Sketch)
    alike = idea.boolean is truth.boolean and set(idea.profiles) == set(truth.profiles)
    one, other = idea.axis, truth.axis
    along = float(np.dot(one.direction, other.direction))
    away = abs(one.local(other.point)[1])
    angles = abs(idea.total - truth.total) < 1 and (idea.full or along * _way(truth) > 0)
    return alike and angles and abs(abs(along) - 1) < 1e-6 and away < NEAR


def _way(revolve: Revolve) -> float:
    """Which way it turns."""
    return 1.0 if sum(revolve.angles.span) >= 0 else -1.0


def _same_hole(idea: Hole, truth: Hole, given: CadSequence) -> bool:
    places = [one.plane.to_world(np.array(one.centers)) for one in (idea, truth)]
    far = np.linalg.norm(places[0][:, None] - places[1][None], axis=2)
    there = len(places[0]) == len(places[1]) and bool((far.min(axis=1) < NEAR).all())
    facing = float(np.dot(idea.plane.normal, truth.plane.normal)) > 1 - 1e-6
    plain = replace(idea, plane=truth.plane, centers=truth.centers, diameter=truth.diameter)
    wide = abs(idea.diameter - truth.diameter) <= _ALIKE * truth.diameter
    most = through(truth.plane, given.operations, side=-1)
    deep = [most if one.depth is None else min(one.depth, most) for one in (idea, truth)]
    alike = abs(deep[0] - deep[1]) <= _ALIKE * deep[1] and plain.head == truth.head
    return there and facing and wide and alike


SAME: dict[type, Callable[[Any, Any, CadSequence], bool]] = {
    **dict.fromkeys(PLACED, _same_copies),
    Revolve: _same_revolve,
    Hole: _same_hole,
}
"""Whether an idea does what a true operation of a kind does."""


# --- edges --------------------------------------------------------------------------------------


def _same_blends(
    ideas: Sequence[Any], truth: Any, given: CadSequence, kernel: Kernel
) -> np.ndarray:
    """By the edges of the solid, as the metric has it: F1 times the ratio of the sizes.

    Raises BuildError or KernelFailure if there is no such solid.
    """
    names = list(dict.fromkeys((truth.edges, *(idea.edges for idea in ideas))))
    edges = dict(zip(names, kernel.run(edges_named, given, tuple(names)), strict=True))
    f1 = {name: edges_f1(edges[truth.edges], own) for name, own in edges.items()}
    sizes = [_ratio(sizes_of(idea), sizes_of(truth)) for idea in ideas]
    return np.array([f1[idea.edges] for idea in ideas]) * np.array(sizes) >= HIT


def _ratio(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return min(min(a, b) / max(a, b) for a, b in zip(one, other, strict=True))
