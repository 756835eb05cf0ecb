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
from cadcomplete.pictures.views import judged

FILE = Path(__file__).with_name("belief.json")

FACTS = ("share", "explained", "false", "overlap", "outside", "size (log)", "best (log)")
"""What is known of the view in which the given part fits best, or where nothing is built the best
prism over its sketch: the share of its edges that is seen, less what lies outside; the share of the
picture's edges that it explains; its edges that are not seen, as a share of those; the IoU of the
outlines; how much of it lies outside; its longest side as a share of the picture's; and the nats of
the best history."""

USUALLY = math.log(2.0)
"""Nats for the picture that is shown being right, before it is looked at."""

BLINDLY = 2 / 3
"""How probable that is where nothing is given to compare it with."""

HIDDEN = 0.005
"""How probable it is that of the right picture the comparison says nothing: what is right may be
hidden behind what comes later."""

HIDDEN_FIRST = 0.8
"""The same where nothing is built: the first body is mostly a part of what the picture shows, and a
prism that fills the picture explains more. Of .5 to .95 it makes what is right likeliest, to .01
nats, and costs nothing with a wrong picture (29 first extrudes, docs/experiments.md)."""


def facts(scene: PictureScene, nats: Array) -> Array:
    """Return what is known of how the given part fits a picture, in the order of `FACTS`, (F,)."""
    best = math.log1p(max(0.0, float(nats.max(initial=0.0))))
    if "fits" not in scene.asked and (scene.views or "best prism" in scene.asked):
        scene.asked["fits"] = _fits(scene)
    return np.array([*scene.asked.get("fits", (0.0,) * (len(FACTS) - 1)), best])


def _fits(scene: PictureScene) -> tuple[float, ...]:
    if scene.views:
        view = scene.views[0]
        own = side(wire(mesh_of(scene.solid)), view.axes)
    else:
        own, view = scene.asked["best prism"]
    if own is None:
        return (0.0,) * (len(FACTS) - 1)
    share = judged(own, scene.sight.seen, scene.sight.fine, view).score
    size = float((own.high - own.low).max()) * view.scale / SIZE
    return (share, *match(own, scene.sight, view).values, math.log(max(size, 1e-3)))


@dataclass(frozen=True, slots=True)
class Believed:
    """What was fitted; `FILE` says on what.

    Attributes:
        temper: nats that count for each that is measured: pixels beside each other are no witnesses
            apart.
        part, nothing: where something is built and where nothing is, the weight of each fact, and
            at the end the bias.
    """

    temper: float
    part: tuple[float, ...]
    nothing: tuple[float, ...]


@cache
def fitted() -> Believed:
    """Read what was fitted, once."""
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    part, nothing = (
        tuple(float(document[name][fact]) for fact in (*FACTS, "bias"))
        for name in ("part", "nothing")
    )
    return Believed(float(document["temper"]), part, nothing)


def probable(found: Array, *, built: bool) -> float:
    """Return how probable it is that a picture shows the wanted part, from its facts (F,).

    `built` says whether something of the part is built.
    """
    *weights, bias = fitted().part if built else fitted().nothing
    odds = float(np.array(weights) @ found) + bias
    return 1 / (1 + math.exp(-min(max(odds + USUALLY, -30.0), 30.0)))


def mixed(nats: Array, share: float, *, built: bool) -> Array:
    """Return the nats of a picture that is believed with a probability, shape (C,).

    `built` says whether something of the part is built.

    As many as one history is better than a mean one: they are rivals. If the picture shows
    something else, or what is right is hidden there, it says nothing; so none can lose more than
    the probability of that says.
    """
    if not nats.any():
        return nats
    found = fitted().temper * nats
    found = found - np.logaddexp.reduce([*found, 0.0]) + math.log(len(found) + 1)
    shows = 1 - (HIDDEN if built else HIDDEN_FIRST)
    sure = min(max(share, 1e-9) * shows, shows)
    return np.asarray(np.logaddexp(found + math.log(sure), math.log1p(-sure)))
