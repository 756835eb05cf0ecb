"""Numbers that no word says alone, but what stands there does: by which rule, and from what.

Designers draw outlines that repeat, turn and mirror themselves, lines at usual angles, and arcs
that go on as a line ended. The numbers of such points are irregular, and cost a model that must
spell them four times what a word does. A rule has a letter, and what it is applied to a number, so
that a word means the same wherever it stands:

    of a coordinate, from the pen (of circles: from the centre of the one before)
    e3 f3    as far on as the fourth newest curve went, or back
    c3       the outline goes on as it did after the curve before that, turned as the newest one is
    s3       the same in a mirror
    a3 b3    the pen turned about the origin of the sketch, or the newest centre, by a usual angle
    m3 w3    midway between two numbers along this axis, or as far from one on the other side
    k3       the fourth corner: one number along this axis and another, less a third

    of a coordinate, where the other one is told
    p3 q3 v3 parallel, perpendicular, or mirrored to the direction of an earlier curve
    u3       at a usual angle
    o3       on the circle about a centre through the pen
    l3       as long as an earlier curve
    z3       on a circle about the origin of the sketch, with a radius that stands there

    of a sweep, where the end is told
    t0       the arc goes on as the curve before it ended
    o3       about a centre that stands there
    x3       it begins or ends along an axis of the sketch
    i3       with a radius that stands there

What is derived is the number told to a few nanometres, or single precision: what follows from
rounded numbers is no more exact. Of a sweep it is the middle of the arc that is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from cadcomplete.history.geometry import Vec2
from cadcomplete.language.numbers.drawn import turned, unit
from cadcomplete.language.numbers.memory import RADIUS, Axis, Memory

TURNS = (180, 90, -90, 120, -120, 60, -60, 72, -72, 45, -45, 30, -30, 36, -36, 40, -40)
SLOPES = tuple(math.tan(math.radians(a)) for a in (45, 30, 60, 15, 75, 22.5, 67.5, 10, 20, 5, 80))
"""Usual angles: how far the pen is turned, and a line from the other axis of the sketch."""

_MOST = {
    **dict.fromkeys("ef", 16),
    **dict.fromkeys("cs", 15),
    **dict.fromkeys("ab", len(TURNS)),
    **dict.fromkeys("pqv", 8),
    **dict.fromkeys("mw", 24),
    **{"k": 64, "u": 2 * len(SLOPES), "o": 16, "l": 16, "z": 10, "t": 1, "x": 8, "i": 32},
}
"""How many words each rule has."""

_FIRST = 8  # numbers along an axis of which midpoints and corners are made
_FARTHEST = 1e7  # mm, as anywhere

Found = Iterator[tuple[str, float]]
"""Words and the numbers they say, in the sketch; those that come first are taken first."""


def derived_words() -> tuple[str, ...]:
    """Return every word that says a number by a rule."""
    return tuple(f"{letter}{i}" for letter, most in _MOST.items() for i in range(most))


def coordinates(
    memory: Memory,
    axis: Axis,
    which: int,
    pen: Vec2 | None,
    *,
    other: float | None = None,
    near: float | None = None,
    word: str = "",
) -> Found:
    """Yield what the x (0) or y (1) of a point may be, where the other one may be told.

    Only those that may be `near` a number, and only a certain `word`, if that is asked for: to
    write numbers shortly takes longer than to derive them.
    """
    found = [*(_from_pen(memory, which, pen) if pen else ()), *_from_numbers(memory, axis)]
    if other is not None and pen:
        found += [*_along(memory, which, pen, other), *_on_circles(memory, which, pen, other)]
    found += _corners([axis.number(w) for w in memory.along(axis)[:_FIRST]])
    still = pen is not None and other is not None and other == pen[1 - which]
    slack = 0.0 if near is None else 4 * tolerance(near)
    for name, value in _numbered(found):
        if (word and name != word) or (near is not None and not abs(value - near) <= slack):
            continue
        if math.isfinite(value) and abs(value) < _FARTHEST:
            value = axis.canonical(value)
            if value and not (still and pen and value == pen[which]):
                yield name, value


def _numbered(found: Iterable[tuple[str, int, float]]) -> Found:
    for letter, index, value in found:
        if index < _MOST[letter]:
            yield f"{letter}{index}", value


def _from_pen(memory: Memory, which: int, pen: Vec2) -> Iterator[tuple[str, int, float]]:
    drawn, here = memory.drawn, pen[which]
    edges = drawn.edges
    for i, edge in enumerate(edges):
        yield "e", i, here + edge[which]
        yield "f", i, here - edge[which]
    angles = [math.atan2(y, x) for x, y in edges]
    for i in range(1, len(edges)):
        yield "c", i - 1, here + turned(edges[i - 1], angles[0] - angles[i])[which]
    for i in range(len(edges) - 1):
        # The mirror that lays the curve, backwards, on the newest one does so with the one before.
        back = math.hypot(*edges[i + 1]), angles[0] + angles[i] - angles[i + 1]
        yield "s", i, here + back[0] * (math.cos(back[1]), math.sin(back[1]))[which]
    middles = ((0.0, 0.0), *(center for center, _ in drawn.rounds[:1]))
    for letter, (x, y) in zip("ab", middles, strict=False):
        for i, angle in enumerate(TURNS):
            moved = turned((pen[0] - x, pen[1] - y), math.radians(angle))
            yield letter, i, (x, y)[which] + moved[which]


def _from_numbers(memory: Memory, axis: Axis) -> Iterator[tuple[str, int, float]]:
    there = [axis.number(w) for w in memory.along(axis)[:_FIRST]]
    pairs = [(a, b) for i, a in enumerate(there) for b in there[:i]]
    for i, (a, b) in enumerate(pairs):
        yield "m", i, (a + b) / 2
    others = [(a, b) for i, a in enumerate(there[:5]) for j, b in enumerate(there[:6]) if i != j]
    for i, (a, b) in enumerate(others):
        yield "w", i, 2 * a - b


def _corners(there: list[float]) -> Iterator[tuple[str, int, float]]:
    nearest = there[:6]
    sums = [
        a + b - c
        for i, a in enumerate(nearest)
        for j, b in enumerate(nearest[:i])
        for k, c in enumerate(nearest)
        if k not in (i, j)
    ]
    for i, value in enumerate(sums):
        yield "k", i, value


def _along(memory: Memory, which: int, pen: Vec2, other: float) -> Iterator[tuple[str, int, float]]:
    drawn, here, far = memory.drawn, pen[which], other - pen[1 - which]
    for i, direction in enumerate(drawn.directions[:8]):
        own, across = direction[which], direction[1 - which]
        if abs(across) > 1e-9:
            yield "p", i, here + far * own / across
            yield "v", i, here - far * own / across
        if abs(own) > 1e-9:
            yield "q", i, here - far * across / own
    for i, slope in enumerate(SLOPES):
        yield "u", 2 * i, here + far * slope
        yield "u", 2 * i + 1, here - far * slope
    for i, edge in enumerate(drawn.edges[:8]):
        yield from _either("l", i, here, math.hypot(*edge), far)


def _on_circles(
    memory: Memory, which: int, pen: Vec2, other: float
) -> Iterator[tuple[str, int, float]]:
    for i, center in enumerate(_centers(memory)):
        through = math.dist(pen, center)
        yield from _either("o", i, center[which], through, other - center[1 - which])
    for i, radius in enumerate(memory.along(RADIUS)[:5]):
        yield from _either("z", i, 0.0, radius, other)


def _centers(memory: Memory) -> list[Vec2]:
    """The origin of the sketch, and centres that stand there, each once."""
    found = dict.fromkeys(center for center, _ in memory.drawn.rounds)
    return [(0.0, 0.0), *(center for center in found if center != (0.0, 0.0))][:8]


def _either(
    letter: str, index: int, middle: float, radius: float, across: float
) -> Iterator[tuple[str, int, float]]:
    """Both places on a circle at a distance from its middle along the other axis."""
    if abs(across) <= radius:
        far = math.sqrt(radius * radius - across * across)
        yield letter, 2 * index, middle + far
        yield letter, 2 * index + 1, middle - far


# --- sweeps -------------------------------------------------------------------------------------


def sweeps(memory: Memory, axis: Axis, end: Vec2) -> Found:
    """Yield what the sweep of an arc to `end` may be, in degrees."""
    pen = memory.drawn.pen
    chord = None if pen is None else (end[0] - pen[0], end[1] - pen[1])
    if pen is None or chord is None or unit(chord) is None:
        return
    found = [*_running(memory, chord), *_about(memory, pen, end), *_radii(memory, chord)]
    for word, value in _numbered(found):
        if 1e-6 <= abs(value) < 360 - 1e-6:
            yield word, axis.canonical(value)


def _running(memory: Memory, chord: Vec2) -> Iterator[tuple[str, int, float]]:
    """Twice the angle from where it begins to its chord, or from there to where it ends."""

    def twice(direction: Vec2) -> float:
        cross = direction[0] * chord[1] - direction[1] * chord[0]
        return 2 * math.degrees(
            math.atan2(cross, direction[0] * chord[0] + direction[1] * chord[1])
        )

    drawn = memory.drawn
    if drawn.runs:
        yield "t", 0, twice(drawn.directions[0])
    for i, axis in enumerate(((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0))):
        yield "x", 2 * i, twice(axis)
        yield "x", 2 * i + 1, -twice(axis)


def _about(memory: Memory, pen: Vec2, end: Vec2) -> Iterator[tuple[str, int, float]]:
    for i, (x, y) in enumerate(_centers(memory)):
        from_, to = math.atan2(pen[1] - y, pen[0] - x), math.atan2(end[1] - y, end[0] - x)
        if abs(math.dist(pen, (x, y)) - math.dist(end, (x, y))) < 1e-5:
            sweep = math.degrees(to - from_) % 360
            yield "o", 2 * i, sweep
            yield "o", 2 * i + 1, sweep - 360


def _radii(memory: Memory, chord: Vec2) -> Iterator[tuple[str, int, float]]:
    known = [radius for _, radius in memory.drawn.rounds[:4]] + list(memory.along(RADIUS)[:4])
    for i, radius in enumerate(known):
        half = math.hypot(*chord) / 2 / radius if radius > 0 else 2.0
        if half <= 1:
            sweep = 2 * math.degrees(math.asin(half))
            for j, value in enumerate((sweep, -sweep, 360 - sweep, sweep - 360)):
                yield "i", 4 * i + j, value


_SAME = (
    2.05e-6  # mm: two nanometres, as what is derived from rounded numbers is off by more than one
)


def tolerance(value: float) -> float:
    """How far off a number may be that is the same: two nanometres, or single precision."""
    return max(_SAME, abs(value) * 2**-24)


def sweep_tolerance(sweep: float, pen: Vec2 | None, end: Vec2) -> float:
    """The same of a sweep, in degrees: by how far the middle of the arc is off.

    That lies chord / 2 tan(sweep / 4) off the chord, so it moves by chord / 8 cos²(sweep / 4) a
    radian.
    """
    chord = math.dist(pen, end) if pen is not None else 0.0
    if chord <= 0:
        return 0.0
    moved = chord / 8 / math.cos(math.radians(sweep) / 4) ** 2
    return min(1e-3, math.degrees(_SAME / moved))
