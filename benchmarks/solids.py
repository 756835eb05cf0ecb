"""Build random histories that all but touch, and compare volumes with an exact arrangement.

Boxes and cylinders of one axis are joined, cut and intersected; faces of each new one lie at faces
of earlier ones, off by 1e-6 to 1e-2 mm. The arrangement is integrated slab by slab and strip by
strip, where the ends of all intervals are smooth functions: exact to about 1e-12, and without any
boolean of a kernel. A build is wrong if its volume is off by more than 1e-6 of what is right.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np

from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.report import Report
from cadcomplete.language.lines import encode

SIZES = (1.5, 15.0, 150.0, 1500.0)
WRONG = 1e-6

AXES = (((0, 0, 1), (1, 0, 0)), ((1, 0, 0), (0, 1, 0)), ((0, 1, 0), (0, 0, 1)))
"""Normal and x axis of the sketch planes, one pair for each build."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A box or a cylinder, in the axes of its build.

    Attributes:
        boolean: how it meets what is there.
        low, high: corners of the box around it, mm; x and y are the sketch's.
        round: whether it is a cylinder.
    """

    boolean: Boolean
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    round: bool = False

    @property
    def circle(self) -> tuple[float, float, float]:
        """Centre and radius."""
        (x0, y0, _), (x1, y1, _) = self.low, self.high
        return (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2


# --- what is right ------------------------------------------------------------------------------

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def volume_of(pieces: list[Piece]) -> float:
    """Return the volume of what the pieces make one after another, in mm³."""
    levels = sorted({z for piece in pieces for z in (piece.low[2], piece.high[2])})
    total = 0.0
    for low, high in itertools.pairwise(levels):
        middle = (low + high) / 2
        here = [piece.low[2] < middle < piece.high[2] for piece in pieces]
        total += (high - low) * _area(pieces, here)
    return total


def _area(pieces: list[Piece], here: list[bool]) -> float:
    """Area of the slab in which the pieces `here` are, the others are not."""
    active = [piece for piece, there in zip(pieces, here, strict=True) if there]
    places = sorted(_breaks(active))
    if len(places) < 2:
        return 0.0
    left, width = np.array(places[:-1]), np.diff(places)
    # x = left + width (1 - cos t) / 2: square roots at both ends of a strip become smooth.
    t = (_NODES + 1) * math.pi / 2
    x = left[:, None] + width[:, None] * (1 - np.cos(t)) / 2
    slope = width[:, None] / 2 * np.sin(t) * math.pi / 2
    return float((_lengths(pieces, here, x) * slope * _WEIGHTS).sum())


def _breaks(pieces: list[Piece]) -> set[float]:
    """Every x at which an interval begins or ends, or two ends of intervals meet."""
    found = {x for piece in pieces for x in (piece.low[0], piece.high[0])}
    for one, other in itertools.product(pieces, repeat=2):
        if not one.round:
            continue
        x, y, r = one.circle
        if not other.round:
            for height in (other.low[1], other.high[1]):
                reach = r * r - (height - y) ** 2
                if reach > 0:
                    found |= {x - math.sqrt(reach), x + math.sqrt(reach)}
            continue
        u, v, s = other.circle
        apart = math.hypot(u - x, v - y)
        if not abs(r - s) < apart < r + s:
            continue
        along = (apart**2 + r * r - s * s) / (2 * apart)
        across = math.sqrt(max(r * r - along**2, 0.0))
        for side in (across, -across):
            found.add(x + (along * (u - x) - side * (v - y)) / apart)
    return found


def _lengths(pieces: list[Piece], here: list[bool], x: Array) -> Array:
    """How long the line at each x runs inside of what the pieces make."""
    lows, highs = [], []
    for piece, there in zip(pieces, here, strict=True):
        inside = there & (piece.low[0] < x) & (x < piece.high[0])
        if piece.round:
            u, v, r = piece.circle
            reach = np.sqrt(np.maximum(r * r - (x - u) ** 2, 0.0))
            low, high = v - reach, v + reach
        else:
            low, high = np.full_like(x, piece.low[1]), np.full_like(x, piece.high[1])
        lows.append(np.where(inside, low, np.inf))
        highs.append(np.where(inside, high, np.inf))
    ends = np.sort(np.stack(lows + highs), axis=0)
    finite = np.isfinite(ends[1:])
    with np.errstate(invalid="ignore"):
        gaps = np.where(finite, ends[1:] - np.where(finite, ends[:-1], 0.0), 0.0)
        middles = np.where(finite, (ends[1:] + ends[:-1]) / 2, np.inf)
    solid = np.zeros_like(middles, dtype=bool)
    for piece, low, high in zip(pieces, lows, highs, strict=True):
        inside = (low < middles) & (middles < high)
        if piece.boolean is Boolean.CUT:
            solid &= ~inside
        elif piece.boolean is Boolean.INTERSECT:
            solid &= inside
        else:
            solid |= inside
    return np.where(solid, gaps, 0.0).sum(axis=0)


# --- random builds ------------------------------------------------------------------------------


def random_build(random: np.random.Generator, size: float) -> list[Piece]:
    """Return two to six pieces, the first a new body; later ones lie at earlier ones."""
    pieces = [_piece(random, size, [], Boolean.NEW_BODY)]
    for _ in range(int(random.integers(1, 6))):
        boolean = Boolean(random.choice(["join", "join", "join", "cut", "cut", "intersect"]))
        pieces.append(_piece(random, size, pieces, boolean))
    return pieces


def _piece(
    random: np.random.Generator, size: float, before: list[Piece], boolean: Boolean
) -> Piece:
    large = boolean is Boolean.INTERSECT or not before
    spans = [_span(random, size, before, axis, large) for axis in range(3)]
    if not before or random.random() < 0.65:
        low, high = zip(*spans, strict=True)
        return Piece(boolean, low, high)
    (x0, x1), (y0, _), (z0, z1) = spans
    y1 = y0 + (x1 - x0)
    concentric = [p for p in before if p.round]
    if concentric and random.random() < 0.3:  # of almost the same radius about the same middle
        old = concentric[int(random.integers(len(concentric)))]
        grow = _off(random)
        x0, y0, x1, y1 = (
            old.low[0] - grow,
            old.low[1] - grow,
            old.high[0] + grow,
            old.high[1] + grow,
        )
    return Piece(boolean, (x0, y0, z0), (x1, y1, z1), round=True)


def _span(
    random: np.random.Generator, size: float, before: list[Piece], axis: int, large: bool
) -> tuple[float, float]:
    """Two places along an axis, most of them at faces of earlier pieces or nearly so."""
    faces = [place for piece in before for place in (piece.low[axis], piece.high[axis])]
    while True:
        ends = []
        for _ in range(2):
            place = float(random.uniform(0, size))
            if faces and random.random() < 0.6:
                place = faces[int(random.integers(len(faces)))]
                if random.random() < 0.6:
                    place += _off(random)
            ends.append(round(place, 7))
        low, high = min(ends), max(ends)
        if high - low > (0.4 if large else 0.05) * size:
            return low, high


def _off(random: np.random.Generator) -> float:
    """A gap or an overlap of 1e-6 to 1e-2 mm."""
    return float(random.choice([-1, 1]) * 10 ** random.uniform(-6, -2))


def history(pieces: list[Piece], turn: int) -> CadSequence:
    """Return the operations that make the pieces, about the axis `turn` (0, 1 or 2)."""
    normal, x_axis = AXES[turn]
    operations: list[Sketch | Extrude] = []
    for piece in pieces:
        (x0, y0, z0), (x1, y1, z1) = piece.low, piece.high
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        sides = tuple(Line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
        x, y, r = piece.circle
        loop = Loop((Circle((x, y), r),)) if piece.round else Loop(sides)
        origin = (normal[0] * z0, normal[1] * z0, normal[2] * z0)
        operations.append(Sketch(Plane(origin, normal, x_axis), (loop,)))
        profile = Profile(len(operations) - 1, 0)
        extent = Extent(ExtentType.ONE_SIDED, z1 - z0)
        operations.append(Extrude((profile,), extent, piece.boolean))
    return CadSequence(tuple(operations))


# --- comparing ----------------------------------------------------------------------------------


def builds(count: int, seed: int) -> list[tuple[float, CadSequence, float]]:
    """Return `count` random builds: size, history, and the volume that is right (mm³).

    Those of which next to nothing is left on the way are drawn anew: 1e-6 of it means nothing.
    """
    random, found = np.random.default_rng(seed), []
    while len(found) < count:
        size = SIZES[len(found) % len(SIZES)]
        pieces = random_build(random, size)
        volumes = [volume_of(pieces[:n]) for n in range(1, len(pieces) + 1)]
        if min(volumes) > 1e-3 * size**3:
            found.append((size, history(pieces, int(random.integers(3))), volumes[-1]))
    return found


def verdict(report: Report | Exception, right: float) -> str:
    """Return "right", "wrong", or "refused" for what the kernel could not make."""
    if isinstance(report, Exception) or report.problems or report.measures is None:
        return "refused"
    return "right" if abs(report.measures.volume / right - 1) <= WRONG else "wrong"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=0, help="print so many that are not right")
    args = parser.parse_args()
    drawn = builds(args.count, args.seed)
    counts: dict[float, Counter[str]] = {size: Counter() for size in SIZES}
    started, worst, shown = time.monotonic(), 0.0, 0
    with Kernel(workers=1, time_limit=120.0) as kernel:
        reports = kernel.map(examine, (sequence for _, sequence, _ in drawn))
        for number, ((size, sequence, right), report) in enumerate(
            zip(drawn, reports, strict=True)
        ):
            found = verdict(report, right)
            counts[size][found] += 1
            if found == "right" and isinstance(report, Report) and report.measures:
                worst = max(worst, abs(report.measures.volume / right - 1))
            if found != "right" and shown < args.show:
                shown += 1
                got = report if isinstance(report, Exception) else report.problems
                off = (
                    report.measures.volume / right - 1
                    if not isinstance(report, Exception) and report.measures
                    else 0
                )
                print(f"--- {number}: {found}, {size} mm, right {right:.9g}, off {off:.3g} {got}")
                if args.show < 5:
                    print(encode(sequence).text)
    for size, count in counts.items():
        print(f"{size:g} mm: " + ", ".join(f"{n} {name}" for name, n in sorted(count.items())))
    total, seconds = sum(counts.values(), Counter()), time.monotonic() - started
    print(
        f"{args.count} builds: {total['wrong']} wrong by more than {WRONG:g}, "
        f"{total['refused']} refused; the worst of the others is off by {worst:.1g}; "
        f"{seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
