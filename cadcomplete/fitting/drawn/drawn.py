"""How a designer may have drawn a prism: on which plane, and extruded which way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cadcomplete.fitting.drawn.extents import clean
from cadcomplete.fitting.drawn.placing import plane_at, sketch_on
from cadcomplete.fitting.drawn.proposals import Proposal
from cadcomplete.fitting.flat.profiles import nested
from cadcomplete.fitting.flat.regions import inside_loop
from cadcomplete.fitting.space.prisms import Prism, View
from cadcomplete.fitting.space.scores import State
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Sketch
from cadcomplete.history.sequence import CadSequence

_SAMPLES = 60  # points of a region at which its ends are looked at


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPrism:
    """A prism drawn on one plane, and what is striking about that.

    Attributes:
        facts: by name, numbers of which `LATER` and `FIRST` say how much they speak for it.
    """

    prism: Prism
    plane: Plane
    extent: Extent
    facts: dict[str, float]


LATER: dict[str, float] = {
    "gain": 0.48, "share": 1.04, "purity": 0.51, "curves": -0.36, "loops": 0.35, "cut": -0.57,
    "kind all": 0.57, "kind filled": 0.52, "kind whole": -0.93, "kind whole, filled": -0.1,
    "known": 1.37, "contact": 2.07, "other known": -0.53, "up": 0.2,
    "symmetric": -0.07, "symmetric zero": -0.06, "two": 0.87, "two known": 0.81, "two zero": 0.11,
    "cut contact": 0.63, "cut known": -0.23, "cut zero": -0.2, "cut up": 0.16, "cut loops": 0.3,
    "cut gain": -0.19, "cut purity": -0.26, "cut two": -0.24,
}  # fmt: skip
FIRST: dict[str, float] = {
    "gain": 1.04, "share": 0.57, "curves": 0.1, "loops": 0.21, "purity": -0.07,
    "kind all": -0.71, "kind exact": 0.24, "kind filled": 0.41, "kind rectangle": 0.05,
    "zero": 2.84, "up": 0.53, "symmetric": 0.81, "symmetric zero": 0.81,
    "two": 0.52, "two zero": 0.52,
}  # fmt: skip
"""How much each fact speaks for a drawing, by logistic regression on 500 parts of the training
split: of all drawings of a case, which one is the designer's (`LATER` when something is there)."""


def drawn(given: CadSequence, before: State, prisms: list[Prism]) -> Iterator[Proposal]:
    """Yield proposals for prisms, from each plane on which they may have been drawn."""
    weights = LATER if before.current.any() else FIRST
    for drawing in drawings(given, before, prisms):
        prism = drawing.prism
        sketch = sketch_on(drawing.plane, prism.view.frame, list(prism.region.loops))
        boolean = prism.region.boolean
        extrude = _extrude(sketch, len(given), drawing.extent, boolean, before)
        facts = _crossed(drawing.facts)
        score = sum(weights.get(name, 0.0) * value for name, value in facts.items())
        yield Proposal(
            (sketch, extrude), prism.gain, before.agreement + prism.gain, prism.region.kind, score
        )


def _crossed(facts: dict[str, float]) -> dict[str, float]:
    """Facts, and what they are when something is cut."""
    if not facts["cut"]:
        return facts
    return {**facts, **{f"cut {name}": value for name, value in facts.items()}}


def _extrude(
    sketch: Sketch, number: int, extent: Extent, boolean: Boolean, before: State
) -> Extrude:
    nest = nested(sketch)
    profiles = tuple(nest.natural(number, i) for i in nest.children if nest.depth[i] % 2 == 0)
    if boolean is Boolean.JOIN and not before.current.any():
        boolean = Boolean.NEW_BODY
    return Extrude(profiles, extent, boolean)


def drawings(given: CadSequence, before: State, prisms: list[Prism]) -> Iterator[DrawnPrism]:
    """Yield each prism on the planes of its ends, its middle, and known ones in between."""
    best = max((prism.gain for prism in prisms), default=1.0)
    empty = not before.current.any()
    for prism in prisms:
        facts = _facts(prism, best, before.agreement)
        look = _Ends(given, prism, empty=empty)
        for plane, extent, own in _planes(prism, look):
            yield DrawnPrism(prism, plane, extent, {**facts, **own})


def _facts(prism: Prism, best: float, agreement: float) -> dict[str, float]:
    region = prism.region
    return {
        "gain": math.log(max(prism.gain / best, 1e-4)),
        "share": prism.gain / max(1 - agreement, 1e-4),
        "purity": prism.purity,
        f"kind {region.kind}": 1.0,
        "cut": float(region.boolean is Boolean.CUT),
        "loops": math.log(len(region.loops)),
        "curves": math.log(sum(len(loop.curves) for loop in region.loops)),
    }


class _Ends:
    """What there is of a part just below and above the ends of a prism."""

    def __init__(self, given: CadSequence, prism: Prism, *, empty: bool) -> None:
        self._given, self._prism, self._empty = given, prism, empty
        self._flat = np.zeros((0, 2)) if empty else _within(prism)
        self._step = 1e-3 * max(float(np.ptp(prism.view.heights)), 1e-9)

    def filled(self, height: float, side: float) -> float:
        """Which share of the region is filled just above (+1) or below (-1) a height."""
        if not len(self._flat):
            return 0.0
        frame = self._prism.view.frame
        at = self._flat @ frame[:2] + (height + side * self._step) * frame[2]
        return float(occupancy(self._given, at).mean())


def _within(prism: Prism) -> Array:
    """Some points inside of the region of a prism, in the frame, shape (n, 2)."""
    loops = prism.region.loops
    low, high = np.array(loops[0].box[:2]), np.array(loops[0].box[2:])
    flat = low + np.random.default_rng(6).random((4 * _SAMPLES, 2)) * (high - low)
    inside = np.zeros(len(flat), dtype=bool)
    for loop in loops:
        inside ^= inside_loop(loop, flat)
    return flat[inside][:_SAMPLES]


def _planes(prism: Prism, look: _Ends) -> Iterator[tuple[Plane, Extent, dict[str, float]]]:
    """Yield planes, the extent from each, and facts about it."""
    low, high, view = prism.low, prism.high, prism.view
    cuts = prism.region.boolean is Boolean.CUT
    near = 1e-4 * max(float(np.ptp(view.heights)), 1e-9)
    for height, other, side in ((low, high, 1.0), (high, low, -1.0)):
        outward = -side if cuts else side
        ahead, behind = look.filled(height, side), look.filled(height, -side)
        facts = {
            "known": float(_is_known(view, height, near)),
            "contact": behind if not cuts else ahead * (1 - behind),
            "zero": float(abs(height) < near),
            "other known": float(_is_known(view, other, near)),
            "up": outward,
        }
        extent = Extent(ExtentType.ONE_SIDED, clean(outward * (other - height)))
        yield plane_at(view.frame, height, outward), extent, facts
    middle = (low + high) / 2
    inner = [h for h in dict.fromkeys((0.0, *view.known)) if low + near < h < high - near]
    if abs(middle) < near or _is_known(view, middle, near):
        extent = Extent(ExtentType.SYMMETRIC, clean((high - low) / 2))
        yield (
            plane_at(view.frame, middle, 1.0),
            extent,
            _inner_facts(view, middle, near, "symmetric"),
        )
    for height in inner[:3]:
        if abs(height - middle) > near:
            extent = Extent(ExtentType.TWO_SIDED, clean(high - height), clean(height - low))
            yield plane_at(view.frame, height, 1.0), extent, _inner_facts(view, height, near, "two")


def _inner_facts(view: View, height: float, near: float, name: str) -> dict[str, float]:
    known, zero = _is_known(view, height, near), abs(height) < near
    return {name: 1.0, f"{name} known": float(known), f"{name} zero": float(zero)}


def _is_known(view: View, height: float, near: float) -> bool:
    return any(abs(height - other) < near for other in view.known)
