"""How far a picture is believed: a wrong one should cost little, a right one count in full.

That a picture shows the wanted part is the more probable the better the given part is seen in it,
and the more there is of it to be seen. The weights are fitted on training parts, each with its own
picture and with that of another (`benchmarks/pictures.py --fit`). Shapes: C histories, F facts.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.meshes.manifolds import mesh_of
from cadcomplete.pictures.matching import match
from cadcomplete.pictures.scene import PictureScene
from cadcomplete.pictures.seen import SIZE
from cadcomplete.pictures.sides import side, wire

FILE = Path(__file__).with_name("belief.json")

FACTS = ("share", "explained", "false", "overlap", "outside", "size (log)", "best (log)")
"""What is known of the view in which the given part fits best: the share of its edges that is seen,
less what lies outside; the share of the picture's edges that it explains; its edges that are not
seen, as a share of those; the IoU of the outlines; how much of it lies outside; its longest side as
a share of the picture's; and the nats of the best history."""


USUALLY = math.log(9.0)
"""Nats for the picture that is shown being right, before it is looked at: nine of ten are."""

HIDDEN = 0.005
"""How probable it is that of the right picture the comparison says nothing: what is right may be
hidden behind what comes later."""


def facts(scene: PictureScene, nats: Array) -> Array:
    """Return what is known of how the given part fits a picture, in the order of `FACTS`, (F,).

    Where nothing is built yet all but the last are not a number.
    """
    best = math.log1p(max(0.0, float(nats.max(initial=0.0))))
    if "fits" not in scene.asked:
        scene.asked["fits"] = _fits(scene)
    return np.array([*scene.asked["fits"], best])


def _fits(scene: PictureScene) -> tuple[float, ...]:
    if not scene.views:
        return (math.nan,) * (len(FACTS) - 1)
    view = scene.views[0]
    own = side(wire(mesh_of(scene.solid)), view.axes)
    if own is None:
        return (math.nan,) * (len(FACTS) - 1)
    size = float((own.high - own.low).max()) * view.scale / SIZE
    return (view.share, *match(own, scene.sight, view).values, math.log(max(size, 1e-3)))


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was fitted, and on what.

    Attributes:
        fitted_on: which pictures.
        temper: nats that count for each that is measured: pixels beside each other are no witnesses
            apart.
        part, nothing: where something is built and where nothing is, the weight of each fact, and
            at the end the bias; of nothing only the last fact is known.
    """

    fitted_on: str
    temper: float
    part: tuple[float, ...]
    nothing: tuple[float, ...]


@cache
def fitted() -> Fitted:
    """Read what was fitted, once."""
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    part = tuple(float(document["part"][name]) for name in (*FACTS, "bias"))
    nothing = tuple(float(document["nothing"][name]) for name in (FACTS[-1], "bias"))
    return Fitted(document["fitted_on"], float(document["temper"]), part, nothing)


def probable(found: Array) -> float:
    """Return how probable it is that a picture shows the wanted part, from its facts (F,)."""
    known = fitted()
    weights = known.nothing if np.isnan(found).any() else known.part
    *of_facts, bias = weights
    odds = float(np.array(of_facts) @ found[-len(of_facts) :]) + bias
    return 1 / (1 + math.exp(-min(max(odds + USUALLY, -30.0), 30.0)))


def mixed(nats: Array, share: float) -> Array:
    """Return the nats of a picture that is believed with a probability, shape (C,).

    As many as one history is better than a mean one: they are rivals. If the picture shows
    something else, or what is right is hidden there, it says nothing; so none can lose more than
    the probability of that says.
    """
    if not nats.any():
        return nats
    found = fitted().temper * nats
    found = found - np.logaddexp.reduce([*found, 0.0]) + math.log(len(found) + 1)
    sure = min(max(share, 1e-9) * (1 - HIDDEN), 1 - HIDDEN)
    return np.asarray(np.logaddexp(found + math.log(sure), math.log1p(-sure)))
