"""New sketches, with the extrudes that they are good for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cadcomplete.fitting.drawn.drawn import drawn
from cadcomplete.fitting.drawn.placing import frame_of
from cadcomplete.fitting.drawn.proposals import Proposal, ranked
from cadcomplete.fitting.flat.areas import SectionRegion, regions
from cadcomplete.fitting.flat.levels import apart, levels, prefix_levels, round_levels
from cadcomplete.fitting.flat.regions import inside_loop
from cadcomplete.fitting.flat.sections import section
from cadcomplete.fitting.flat.walls import Bounds, prefix_faces
from cadcomplete.fitting.scan.settling import settled
from cadcomplete.fitting.scan.traced import traced
from cadcomplete.fitting.space.prisms import Prism, View
from cadcomplete.fitting.space.scores import Slices, State, state
from cadcomplete.fitting.space.wanted import Wanted
from cadcomplete.history.geometry import Array, Vec3, facing
from cadcomplete.history.sequence import CadSequence

_DIRECTIONS = 6
_LAYERS, _FEWER = 12, 4  # for each of the first three directions, and of the others
_SPANS = 3  # pairs of heights for each region
_CLEAR = 0.75  # gain of a first prism below which outlines of a scan are traced
_BETTER = 1.15  # by how much these must gain more
_TRACED = 3  # layers in which they are
_ONE = 1e-6  # by how much the cosine of two directions that are one may be off
_PRISMS = 64  # that are looked at from all planes


def next_sketches(
    given: CadSequence, wanted: Wanted, *, most: int = 20, before: State | None = None
) -> tuple[Proposal, ...]:
    """Return sketches, each with an extrude, the best first."""
    if before is None:
        before = state(given, settled(wanted, given))
    prisms = sorted(_prisms(given, before.wanted, before), key=lambda p: -p.gain * p.purity)
    empty = before.wanted.noise > 0 and not before.current.any()
    best = max((prism.gain for prism in prisms), default=0.0)
    if empty and best < _CLEAR:
        outlines = list(_traced(given, before.wanted, before))
        if max((prism.gain for prism in outlines), default=0.0) > _BETTER * best:
            prisms += outlines
        prisms.sort(key=lambda p: -p.gain * p.purity)
    return ranked(drawn(given, before, prisms[:_PRISMS]), most)


def _prisms(given: CadSequence, wanted: Wanted, before: State) -> Iterator[Prism]:
    """Yield prisms that bring the part closer, along all directions."""
    faces, rounds = prefix_faces(given)
    near = 3e-5 * wanted.size + 2 * wanted.noise
    wrong = np.where(before.current != wanted.inside, wanted.weight, 0.0)
    for number, direction in enumerate(directions(given, wanted)):
        frame = frame_of(direction)
        axes, sides = round_levels(rounds, direction)
        flat_ends = levels(given, wanted, direction)
        exact = [side for side in sides if np.abs(flat_ends - side).min(initial=np.inf) < near]
        heights = apart([*exact, *axes, *flat_ends], near)
        view = View(frame, heights, prefix_levels(given, direction))
        bounds = Bounds([*faces, *wanted.flats], [*rounds, *wanted.cylinders], frame, near)
        flat = wanted.queries @ frame[:2].T
        up = wanted.queries @ direction
        seen: set[SectionRegion] = set()
        most = _LAYERS if number < 3 else _FEWER
        between = apart([*heights, *sides], near)
        for low, high in _layers(between, up, wrong, wanted.size)[:most]:
            layer = section(given, wanted, frame, bounds.between(low, high), low, high)
            for region in regions(layer):
                if region not in seen:
                    seen.add(region)
                    yield from _spans(region, view, before, flat, up, (low + high) / 2)


def _traced(given: CadSequence, wanted: Wanted, before: State) -> Iterator[Prism]:
    """Yield prisms over outlines that are traced, for a scan of which walls were not found."""
    wrong = np.where(wanted.inside, wanted.weight, 0.0)
    for direction in directions(given, wanted)[:3]:
        frame = frame_of(direction)
        view = View(frame, levels(given, wanted, direction), prefix_levels(given, direction))
        flat, up = wanted.queries @ frame[:2].T, wanted.queries @ direction
        for low, high in _layers(view.heights, up, wrong, wanted.size)[:_TRACED]:
            for region in traced(wanted, frame, low, high):
                yield from _spans(region, view, before, flat, up, (low + high) / 2)


def directions(given: CadSequence, wanted: Wanted) -> list[Array]:
    """Return directions along which prisms may have been made, the likeliest first.

    Each is a unit vector, shape (3,).
    """
    weights: list[tuple[float, Array]] = []

    def add(direction: Array, weight: float) -> None:
        """Add weight to a direction, a unit vector (3,); its opposite is the same."""
        for k, (known, other) in enumerate(weights):
            if abs(other @ direction) > 1 - _ONE:
                weights[k] = (known + weight, other)
                return
        largest = np.argmax(np.abs(direction))
        weights.append((weight, direction * (1.0 if direction[largest] > 0 else -1.0)))

    for flat in wanted.flats:
        add(np.array(flat.normal), flat.points)
    for cylinder in wanted.cylinders:
        add(np.array(cylinder.axis), 2 * cylinder.points)
    for normal in _own_normals(given):
        add(np.array(normal), 0.02 * len(wanted.points))
    weights.sort(key=lambda item: -item[0])
    return [d for w, d in weights[:_DIRECTIONS] if w > 0.01 * len(wanted.points)]


def _own_normals(given: CadSequence) -> Iterator[Vec3]:
    """Yield the normals of the planes of each operation, but for those of what it names."""
    planes = [op.planes(given.operations[:i]) for i, op in enumerate(given.operations)]
    for operation, own in zip(given.operations, planes, strict=True):
        named = [plane.normal for number in operation.refers() for plane in planes[number]]
        for normal in dict.fromkeys(plane.normal for plane in own):
            if not any(facing(normal, other, turned=_ONE) for other in named):
                yield normal


def _layers(heights: Array, up: Array, wrong: Array, size: float) -> list[tuple[float, float]]:
    """The layers between heights in which most is wrong, those with most first."""
    order = np.argsort(up, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(wrong[order])])
    amount = np.diff(total[np.searchsorted(up[order], heights)])
    chosen = [int(k) for k in np.argsort(-amount, kind="stable")]
    return [
        (float(heights[k]), float(heights[k + 1]))
        for k in chosen
        if amount[k] > 2e-4 and heights[k + 1] - heights[k] > 2e-4 * size
    ]


def _spans(
    region: SectionRegion, view: View, before: State, flat: Array, up: Array, middle: float
) -> Iterator[Prism]:
    """Yield the best prisms over a region."""
    mask = np.zeros(len(flat), dtype=bool)
    for loop in region.loops:
        mask ^= inside_loop(loop, flat)
    slices = Slices(before, mask, up)
    a, b = np.nonzero(view.heights[:, None] < view.heights[None, :])
    lows, highs = view.heights[a], view.heights[b]
    around = (lows < middle) & (highs > middle)
    lows, highs = lows[around], highs[around]
    gains = slices.gains(lows, highs, region.boolean)
    for best in np.argsort(-gains, kind="stable")[:_SPANS]:
        if gains[best] > 1e-5:
            low, high = float(lows[best]), float(highs[best])
            purity = slices.purity(low, high, region.boolean)
            yield Prism(region, view, low, high, float(gains[best]), purity)
