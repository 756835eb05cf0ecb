"""B-splines: polynomials, or quotients of them, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.bent import Bent
from cadcomplete.history.bent_kinds import SPLINE, SplineWords
from cadcomplete.history.fields import LIMIT, Field, Format, times
from cadcomplete.history.geometry import Array, Vec2

MOST_DEGREE = 25
"""As the CAD kernel has it."""

Fields = dict[Format, tuple[Field, ...]]


@dataclass(frozen=True, slots=True)
class BSpline(Bent):
    """A B-spline from its first pole to its last one; a closed one ends where it begins.

    Attributes:
        degree: of its pieces.
        poles: that pull it; it goes through the first and the last.
        knots: the parameters where pieces meet, ascending, the ends included.
        multiplicities: of the knots between the ends, 1 to the degree: it goes on there with
            degree - multiplicity derivatives the same.
        weights: of the poles; empty if all are 1.
    """

    degree: int
    poles: tuple[Vec2, ...]
    knots: tuple[float, ...]
    multiplicities: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()

    closed: ClassVar[bool] = False
    FIELDS: ClassVar[Fields] = dict.fromkeys(
        ("lines", "json", "numbers"), (Field("curve", SPLINE),)
    )  # type: ignore[assignment]

    @classmethod
    def from_fields(cls, start: Vec2, *, curve: SplineWords) -> BSpline:
        knots = tuple(np.cumsum([0.0, *curve.spans]).tolist())
        weights = () if all(w == 1 for w in curve.weights) else curve.weights
        return cls(curve.degree, (start, *curve.poles), knots, curve.multiplicities, weights)

    @property
    def curve(self) -> SplineWords:
        """What its command says of it: knots by their distances, and all poles but the first."""
        spans = tuple(np.diff(self.knots).tolist())
        return SplineWords(self.degree, spans, self.multiplicities, self.poles[1:], self.weights)

    @property
    def start(self) -> Vec2:
        return self.poles[0]

    @property
    def end(self) -> Vec2:
        return self.poles[-1]

    @property
    def pieces(self) -> tuple[float, ...]:
        return self.knots

    def evaluate(self, at: Array) -> tuple[Array, Array]:
        basis = _basis(self)
        at = np.asarray(at, dtype=np.float64)
        over, slope = (
            _de_boor(basis.knots, basis.poles, self.degree, at),
            _de_boor(basis.knots[1:-1], basis.slopes, self.degree - 1, at),
        )
        weight = over[:, 2:]
        points = over[:, :2] / weight
        return points, (slope[:, :2] - points * slope[:, 2:]) / weight

    @property
    def problem(self) -> str:
        """What is wrong with it, or ""."""
        count = self.degree + 1 + sum(self.multiplicities)
        if not 1 <= self.degree <= MOST_DEGREE or len(self.poles) != count:
            return f"a spline of degree {self.degree} with {len(self.poles)} poles, not {count}"
        if len(self.knots) != len(self.multiplicities) + 2 or any(np.diff(self.knots) <= 0):
            return "a spline whose knots do not ascend, or do not fit their multiplicities"
        if any(not 1 <= m <= self.degree for m in self.multiplicities):
            return "a spline that breaks apart at a knot"
        if self.weights and (len(self.weights) != count or min(self.weights) <= 0):
            return "a spline whose weights are not one above 0 for each pole"
        if not all(abs(value) <= LIMIT for pole in self.poles for value in pole):
            return f"a curve lies more than {LIMIT:.0f} mm from the origin, or nowhere"
        return "a spline without length" if len(set(self.poles)) == 1 else ""

    def mapped(
        self, move: Callable[[Vec2], Vec2], resize: Callable[[float], float] = float
    ) -> BSpline:
        """Return it with every pole moved."""
        return replace(self, poles=tuple(map(move, self.poles)))

    def scaled(self, factor: float) -> BSpline:
        """Return it `factor` times as large, its poles to a nanometre."""
        return self.mapped(lambda pole: (times(pole[0], factor), times(pole[1], factor)))

    def reversed(self) -> BSpline:
        knots = tuple(self.knots[0] + self.knots[-1] - knot for knot in reversed(self.knots))
        return BSpline(
            self.degree,
            self.poles[::-1],
            knots,
            self.multiplicities[::-1],
            self.weights[::-1],
        )

    def moved(self, start: Vec2, end: Vec2) -> BSpline:
        return replace(self, poles=(start, *self.poles[1:-1], end))


class _Basis(NamedTuple):
    """What is needed to evaluate a spline: x w, y w, w of its poles, and of its derivative's."""

    knots: Array
    poles: Array
    slopes: Array


@lru_cache(maxsize=256)
def _basis(spline: BSpline) -> _Basis:
    if problem := spline.problem:
        raise GeometryError(problem)
    degree, inner = spline.degree, spline.knots[1:-1]
    repeated = [k for k, m in zip(inner, spline.multiplicities, strict=True) for _ in range(m)]
    ends = [spline.knots[0]] * (degree + 1), [spline.knots[-1]] * (degree + 1)
    knots = np.array([*ends[0], *repeated, *ends[1]])
    weights = np.array(spline.weights or [1.0] * len(spline.poles))[:, None]
    poles = np.hstack([np.array(spline.poles) * weights, weights])
    wide = knots[degree + 1 : -1] - knots[1 : -degree - 1]
    return _Basis(knots, poles, degree * np.diff(poles, axis=0) / wide[:, None])


def _de_boor(knots: Array, poles: Array, degree: int, at: Array) -> Array:
    """Evaluate a spline at parameters (n,): what de Boor's algorithm makes of its poles."""
    last = len(poles) - 1
    span = np.clip(np.searchsorted(knots, at, side="right") - 1, degree, last)
    known = poles[span[:, None] - degree + np.arange(degree + 1)]
    for level in range(1, degree + 1):
        for i in range(degree, level - 1, -1):
            low, high = knots[span - degree + i], knots[span + 1 + i - level]
            share = ((at - low) / (high - low))[:, None]
            known[:, i] = (1 - share) * known[:, i - 1] + share * known[:, i]
    return known[:, degree]


def clamped(
    degree: int,
    poles: Sequence[Vec2],
    knots: Sequence[float],
    weights: Sequence[float] = (),
) -> BSpline:
    """Return a spline of flat knots, each as often as it counts, that need not begin at a pole.

    Of a periodic one the poles and knots of its beginning are to be repeated at the end. Knots are
    inserted at both ends until it does (Boehm, 1980). Raises GeometryError if it is none.
    """
    flat, count = np.array(knots, dtype=np.float64), len(poles)
    if (
        not 1 <= degree <= MOST_DEGREE
        or len(flat) != count + degree + 1
        or (np.diff(flat) < 0).any()
    ):
        raise GeometryError(
            f"a spline of degree {degree} with {count} poles has {len(flat)} knots, "
            f"not {count + degree + 1} that ascend"
        )
    over = np.array(weights or [1.0] * count)[:, None]
    held = np.hstack([np.array(poles) * over, over])
    low, high = flat[degree], flat[-degree - 1]
    for end in (low, high):
        while (flat == end).sum() < degree:
            flat, held = _inserted(flat, held, degree, end)
    first = int(np.flatnonzero(flat == low)[-1]) - degree
    last = int(np.flatnonzero(flat == high)[0]) - 1
    kept = held[max(first, 0) : last + 1]
    inner = flat[(flat > low) & (flat < high)]
    inside, often = np.unique(inner, return_counts=True)
    whole = tuple(kept[:, 2].tolist())
    even = np.allclose(kept[:, 2], kept[0, 2], rtol=1e-12, atol=0)
    found = BSpline(
        degree,
        tuple((x, y) for x, y in (kept[:, :2] / kept[:, 2:]).tolist()),
        (float(low), *inside.tolist(), float(high)),
        tuple(often.tolist()),
        () if even else whole,
    )
    if problem := found.problem:
        raise GeometryError(problem)
    return found


def _inserted(knots: Array, poles: Array, degree: int, at: float) -> tuple[Array, Array]:
    """Insert a knot once, which changes no point of the curve."""
    span = int(np.searchsorted(knots, at, side="right")) - 1
    made = []
    for i in range(len(poles) + 1):
        low, high = knots[min(i, len(knots) - 1)], knots[min(i + degree, len(knots) - 1)]
        if i <= span - degree:
            share = 1.0
        elif i > span - int((knots == at).sum()):
            share = 0.0
        else:
            share = (at - low) / (high - low)
        now = poles[min(i, len(poles) - 1)]
        made.append(share * now + (1 - share) * poles[max(i - 1, 0)])
    return np.insert(knots, span + 1, at), np.array(made)


def bezier_pieces(spline: BSpline) -> list[BSpline]:
    """Return what a spline is from knot to knot, each without knots between its ends.

    Raises GeometryError if it is none.
    """
    basis, degree = _basis(spline), spline.degree
    flat, held = basis.knots, basis.poles
    for knot, many in zip(spline.knots[1:-1], spline.multiplicities, strict=True):
        for _ in range(degree - many):
            flat, held = _inserted(flat, held, degree, knot)
    pieces = []
    for first in range(0, len(held) - 1, degree):
        part = held[first : first + degree + 1]
        poles = tuple(map(tuple, (part[:, :2] / part[:, 2:]).tolist()))
        weights = tuple(part[:, 2].tolist()) if spline.weights else ()
        pieces.append(BSpline(degree, poles, (0.0, 1.0), (), weights))  # type: ignore[arg-type]
    return pieces
