"""Where a shape lies that was drawn in another unit, with other axes, or somewhere else.

A shape is registered to a given part in three steps: turns and scales that are likely; shifts
along each axis under which faces of both meet; of the best of these the nearest fit, by steps of
Gauss and Newton. Letters: G marks, N points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np

from cadcomplete.history.geometry import Array, rotation
from cadcomplete.placing.marks import CLOSE, Marks, Matches, SurfaceSample, matched

_LEAST, _MOST = 0.1, 30.0  # times the size of the given part that a shape may have
_ROUGH = 400  # points of a shape that many places are tried with
_TRIED, _ROUGHLY, _FINELY = 300, 6, 2  # places that are looked at, and those that are fitted
_STEPS, _STILL = 15, 1e-5  # steps of a fit, and how small the last one is
_FEWEST = 12  # matches of a fit
_CHANCE = 0.01  # share of marks by which two placements may differ and be as good
_SHIFTS = 3  # along each axis
_LEVELS = 5  # faces across an axis that are compared
_FACING = 0.95
_STANDS_OUT = 0.12  # share of normals along a direction; of a round wall any has a sixteenth
_ENDS = 0.05  # what it counts if a part and a shape end at the same place, in shares of faces
_SIMPLE = 0.05  # share of marks that a turn must bring to be believed, a scale, a shift as well


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """How a shape is put where a given part is: factor · turn · point + shift.

    Attributes:
        factor: by which it is scaled.
        turn: a rotation, shape (3, 3).
        shift: in millimetres, shape (3,).
        share: of the marks of the given part that are then on the shape, from 0 to 1.
        residual: how far they are off it on average, in millimetres.
    """

    factor: float
    turn: Array
    shift: Array
    share: float = 0.0
    residual: float = 0.0

    def moved(self, points: Array) -> Array:
        """Return points (n, 3) in their place."""
        return self.factor * points @ self.turn.T + self.shift

    @property
    def degrees(self) -> float:
        """By how much it turns."""
        return float(np.degrees(np.arccos(np.clip((np.trace(self.turn) - 1) / 2, -1, 1))))


AS_IT_IS = Placement(1.0, np.eye(3), np.zeros(3))


def judged(marks: Marks, surface: SurfaceSample, place: Placement = AS_IT_IS) -> Placement:
    """Return a placement with its share and residual."""
    found = matched(marks, surface.moved(place.factor, place.turn, place.shift))
    return Placement(place.factor, place.turn, place.shift, found.share, found.residual)


def registered(
    marks: Marks, surface: SurfaceSample, *, factors: Sequence[float] = (1.0,), free: bool = False
) -> Placement:
    """Return the placement under which most of the given part is on the shape.

    `factors` are scales that may be; with `free` also those at which both are equally large. Of
    placements that are as good the simplest is taken.
    """
    rough = SurfaceSample.of(surface.points, surface.normals, most=_ROUGH)
    found: list[tuple[float, Placement]] = []
    for turn in _turns(marks, surface):
        turned = rough.points @ turn.T
        for factor in {*factors, *(_equal_sizes(marks, turned) if free else ())}:
            if _LEAST < factor * float(np.ptp(turned, axis=0).max()) / marks.size < _MOST:
                found += _shifted(marks, rough, factor, turn)
    found.sort(key=lambda one: -one[0])
    known = set(factors)

    def best(places: list[Placement], looked_at: SurfaceSample, most: int) -> list[Placement]:
        fitted = [
            refined(marks, looked_at, place, scaled=place.factor not in known) for place in places
        ]
        return sorted(fitted, key=lambda place: -_merit(place, marks))[:most]

    tried = [judged(marks, rough, place) for _, place in found[:_TRIED]]
    tried.sort(key=lambda place: -_merit(place, marks))
    return best(best(tried[:_ROUGHLY], rough, _FINELY) or [AS_IT_IS], surface, 1)[0]


def _merit(place: Placement, marks: Marks) -> float:
    """Its share, less a little for what is not simple."""
    moved = float(np.linalg.norm(place.moved(np.zeros((1, 3)))[0])) / marks.size
    effort = min(1.0, place.degrees / 180 + 0.1 * (place.degrees > 1)) + min(1.0, 0.2 * moved)
    return place.share - _SIMPLE * (effort + (place.factor != 1.0))


def turns_by_axes() -> Iterator[Array]:
    """The 24 rotations that bring axes to axes, the identity first."""
    for order in permutations(range(3)):
        for signs in product((1.0, -1.0), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[np.arange(3), order] = signs
            if np.linalg.det(matrix) > 0:
                yield matrix


def _turns(marks: Marks, surface: SurfaceSample) -> list[Array]:
    """Rotations that bring the faces of a shape along those of a part."""
    part, shape = _frame(marks.normals), _frame(surface.normals)
    found = [part.T @ turn @ shape for turn in turns_by_axes()]
    if np.allclose(part, np.eye(3)) and np.allclose(shape, np.eye(3)):
        return found
    return [*turns_by_axes(), *found]


def _frame(normals: Array) -> Array:
    """Three directions across each other, rows, that most normals have; the axes if they do."""
    first = _commonest(normals)
    if first is None:
        return np.eye(3)
    rows = [first]
    second = _commonest(normals[np.abs(normals @ rows[0]) < 0.2])
    if second is None:  # something round: as little turned as can be
        second = np.eye(3)[int(np.abs(rows[0]).argmin())]
    second = second - (second @ rows[0]) * rows[0]
    second /= np.linalg.norm(second)
    frame = np.stack([rows[0], second, np.cross(rows[0], second)])
    turn = max(turns_by_axes(), key=lambda one: float(np.trace(one @ frame)))
    frame = turn @ frame  # the same directions, in the order of the axes that they are nearest to
    return np.eye(3) if np.abs(frame - np.eye(3)).max() < 1e-3 else frame


def _commonest(normals: Array) -> Array | None:
    """The direction, up to its sign, that most normals are close to; None if none stands out."""
    if len(normals) < _FEWEST:
        return None
    asked = np.concatenate([np.eye(3), normals[:: max(1, len(normals) // 200)]])
    counts = (np.abs(asked @ normals.T) > 0.995).sum(axis=1).astype(float)
    best = int(counts.argmax())
    if counts[best] < _STANDS_OUT * len(normals):
        return None
    if counts[:3].max() > 0.8 * counts[best]:  # an axis, among equals
        return np.eye(3)[int(counts[:3].argmax())]
    near = normals[np.abs(normals @ asked[best]) > 0.995]
    mean = (near * np.sign(near @ asked[best])[:, None]).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def _equal_sizes(marks: Marks, turned: Array) -> list[float]:
    """The scales at which the two are as long along an axis, each once."""
    low, high = marks.box
    extents, wanted = np.ptp(turned, axis=0), high - low
    ratios = [w / e for w, e in zip(wanted, extents, strict=True) if e > 0 and w > 0]
    kept: list[float] = []
    for ratio in ratios:
        if all(abs(ratio / other - 1) > 0.01 for other in kept):
            kept.append(float(ratio))
    return kept


def _shifted(
    marks: Marks, rough: SurfaceSample, factor: float, turn: Array
) -> Iterator[tuple[float, Placement]]:
    """Placements with the likeliest shifts along each axis, and how many faces meet."""
    moved = rough.moved(factor, turn, np.zeros(3))
    along = [_along(marks, moved, axis) for axis in range(3)]
    for parts in product(*along):
        shift = np.array([part[1] for part in parts])
        yield sum(part[0] for part in parts), Placement(factor, turn, shift)


def _along(marks: Marks, moved: SurfaceSample, axis: int) -> list[tuple[float, float]]:
    """Shifts along an axis with the share of the part's faces across it that meet one."""
    flat = np.abs(marks.normals[:, axis]) > _FACING
    faces = marks.points[flat, axis]
    others = np.sort(moved.points[np.abs(moved.normals[:, axis]) > _FACING, axis])
    low, high = marks.box[0][axis], marks.box[1][axis]
    ends = moved.points[:, axis].min(), moved.points[:, axis].max()
    shifts = [0.0, low - ends[0], high - ends[1], (low + high - ends[0] - ends[1]) / 2]
    shifts += [a - b for a, b in product(_levels(faces, marks.size), _levels(others, marks.size))]
    width, found = CLOSE * marks.size, list[tuple[float, float]]()
    for shift in shifts:
        meets = 0.0
        if len(faces) and len(others):
            at = np.searchsorted(others, [faces - shift - width, faces - shift + width])
            meets = float((at[1] > at[0]).sum()) / len(marks.points)
        ends_meet = (abs(ends[0] + shift - low) < width) + (abs(ends[1] + shift - high) < width)
        found.append((meets + _ENDS * ends_meet + 1e-3 * (shift == 0), float(shift)))
    kept: list[tuple[float, float]] = []
    for one in sorted(found, key=lambda pair: -pair[0]):
        if all(abs(one[1] - other[1]) > width for other in kept):
            kept.append(one)
    return kept[:_SHIFTS]


def _levels(values: Array, size: float) -> list[float]:
    """The positions where most of the values are."""
    found: list[float] = []
    width = CLOSE * size
    while len(values) and len(found) < _LEVELS:
        ordered = np.sort(values)
        counts = np.searchsorted(ordered, ordered + width) - np.arange(len(ordered))
        start = ordered[int(counts.argmax())]
        near = (values >= start) & (values <= start + width)
        found.append(float(np.median(values[near])))
        values = values[~near]
    return found


def refined(
    marks: Marks, surface: SurfaceSample, place: Placement, *, scaled: bool = False
) -> Placement:
    """Return the nearest placement that fits best, by steps of Gauss and Newton.

    It stays as it is unless it gets better by more than chance.
    """
    best = None
    for _ in range(_STEPS):
        moved = surface.moved(place.factor, place.turn, place.shift)
        found = matched(marks, moved)
        now = replace(place, share=found.share, residual=found.residual)
        if best is None or _is_better(now, best):
            best = now
        if len(found.mark) < _FEWEST:
            break
        place, step = _stepped(marks, moved, found, place, scaled=scaled)
        if step < _STILL:
            break
    return best or place


def _is_better(now: Placement, best: Placement) -> bool:
    more = now.share - best.share
    return more > _CHANCE or (more > -_CHANCE and now.residual < 0.9 * best.residual)


def _stepped(
    marks: Marks, moved: SurfaceSample, found: Matches, place: Placement, *, scaled: bool
) -> tuple[Placement, float]:
    """After the small turn, scale and shift that bring points onto the faces of their marks.

    And how large they are, of 1 and of the size of the part.
    """
    center = marks.points.mean(axis=0)
    to = (moved.points[found.point] - center) / marks.size
    normal, off = found.normals, found.off / marks.size
    width = max(2 * float(np.median(np.abs(off))), 1e-6)
    weight = 1 / (1 + (off / width) ** 2)
    system = np.column_stack([np.cross(to, normal), normal, (to * normal).sum(axis=1)])
    if not scaled:
        system = system[:, :6]
    damping = 1e-4 * len(off) * np.eye(system.shape[1])
    x = np.linalg.solve(system.T @ (weight[:, None] * system) + damping, -system.T @ (weight * off))
    turn, factor = rotation(x[:3]), 1 + float(x[6]) if scaled else 1.0
    shift = factor * turn @ (place.shift - center) + center + x[3:6] * marks.size
    return Placement(factor * place.factor, turn @ place.turn, shift), float(np.abs(x).max())
