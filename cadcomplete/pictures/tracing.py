"""From places around an area to a loop of lines, arcs or a circle, whatever the unit of length.

Corners are found as by Ramer (1972) and Douglas and Peucker (1973); what turns steadily between
corners is an arc, by the circle through its places (Kåsa, 1976). Shapes: n places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Array, Vec2
from cadcomplete.history.loops import Loop

_ROUND = 0.75  # how far places may be off a circle, as a root mean square, in units of `off`
_MOSTLY = 0.8  # share of the places around a circle that are on it
_CORNER = 1.5  # how far they may be off a line, the same
_TURN = (8.0, 62.0)  # degrees by which an arc turns from one chord to the next
_LEAST = 20.0  # degrees from its first chord to its last
_UPRIGHT = math.radians(4.0)  # by which a line along an axis may be off it
_MEET = math.radians(12.0)  # least angle at which two lines meet in a corner
_ALIKE = 4.0  # how many times as long chords of one arc may be
_SHORT = 9.0  # what is shorter between two lines is their corner, in units of `off`
_SHARP = math.radians(35.0)  # least angle of such lines


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A stretch of an outline: its places, and the circle (x, y, radius) that they are on."""

    places: Array
    circle: Array | None = None

    @property
    def line(self) -> tuple[Array, Array]:
        """A place on the line through it and its direction, along an axis if it nearly is."""
        inner = self.places[1:-1] if len(self.places) > 6 else self.places
        middle = inner.mean(axis=0)
        way = np.linalg.svd(inner - middle, full_matrices=False)[2][0]
        for axis in np.eye(2):
            if abs(way @ axis) > math.cos(_UPRIGHT):
                return np.median(inner, axis=0), axis
        return middle, way


def traced(places: Array, *, off: float) -> Loop | None:
    """Return the loop through places (n, 2) that are about `off` from it; None for none."""
    circle, rough = circle_through(places)
    kept = np.abs(np.hypot(*(places - circle[:2]).T) - circle[2]) < 2 * off
    if kept.mean() > _MOSTLY:  # what lies closely beside it is another edge
        circle, rough = circle_through(places[kept])
    if rough < _ROUND * off and circle[2] > 2 * off:
        x, y, radius = circle.tolist()
        return Loop((Circle((x, y), radius),))
    corners = _corners(places, _CORNER * off)
    if len(corners) < 3:
        return None
    pieces = _sharp(_pieces(places, corners, off), off)
    if len(pieces) < 2:
        return None
    ends = [_meeting(pieces[i - 1], pieces[i], off) for i in range(len(pieces))]
    curves = [
        _curve(piece, start, end)
        for piece, start, end in zip(pieces, ends, ends[1:] + ends[:1], strict=True)
    ]
    return None if any(curve.problem for curve in curves) else Loop(tuple(curves))


def circle_through(places: Array) -> tuple[Array, float]:
    """Return the circle (x, y, radius) nearest to places, and how far they are off it (RMS)."""
    middle = places.mean(axis=0)
    x, y = (places - middle).T
    terms = np.stack([2 * x, 2 * y, np.ones_like(x)], axis=1)
    a, b, c = np.linalg.lstsq(terms, x * x + y * y, rcond=None)[0]
    radius = math.sqrt(max(float(c + a * a + b * b), 0.0))
    rough = np.hypot(x - a, y - b) - radius
    return np.array([a + middle[0], b + middle[1], radius]), float(np.sqrt((rough**2).mean()))


def _corners(places: Array, off: float) -> list[int]:
    """The numbers of places between which straight lines are less than `off` from all others."""
    first = int(np.argmax(np.linalg.norm(places - places.mean(axis=0), axis=1)))
    other = int(np.argmax(np.linalg.norm(places - places[first], axis=1)))
    one, two = sorted((first, other))
    closed = np.concatenate([places, places[: one + 1]])
    found = {one, two}
    waiting = [(one, two), (two, len(places) + one)]
    while waiting:
        start, end = waiting.pop()
        if end - start < 2:
            continue
        chord = closed[end] - closed[start]
        length = float(np.hypot(*chord))
        between = closed[start + 1 : end] - closed[start]
        apart = (
            np.abs(between[:, 0] * chord[1] - between[:, 1] * chord[0]) / length
            if length > 1e-9
            else np.hypot(*between.T)
        )
        far = int(np.argmax(apart))
        if apart[far] > off:
            found.add((start + 1 + far) % len(places))
            waiting += [(start, start + 1 + far), (start + 1 + far, end)]
    return sorted(found)


def _pieces(places: Array, corners: Sequence[int], off: float) -> list[_Piece]:
    """Lines from corner to corner, and arcs for the longest runs of them that turn steadily."""
    count = len(corners)
    chords = np.roll(places[corners], -1, axis=0) - places[corners]
    lengths = np.hypot(*chords.T)
    ways = np.arctan2(chords[:, 1], chords[:, 0])
    turns = np.degrees(np.mod(np.roll(ways, -1) - ways + np.pi, 2 * np.pi) - np.pi)
    runs: list[tuple[int, int, Array]] = []  # the first chord, how many, the circle
    for start in range(count):
        best: tuple[int, int, Array] | None = None
        for length in range(2, count):
            own = lengths[[(start + k) % count for k in range(length)]]
            turn = turns[[(start + k) % count for k in range(length - 1)]]
            steady = (np.sign(turn) == np.sign(turn[0])).all() and own.max() < _ALIKE * own.min()
            if not steady or not ((np.abs(turn) > _TURN[0]) & (np.abs(turn) < _TURN[1])).all():
                break
            circle, rough = circle_through(_between(places, corners, start, length))
            if rough < _ROUND * off and np.abs(turn).sum() > _LEAST:
                best = (start, length, circle)
        if best is not None:
            runs.append(best)
    runs.sort(key=lambda run: -run[1])
    taken: dict[int, tuple[int, int, Array]] = {}
    for run in runs:
        own = [(run[0] + k) % count for k in range(run[1])]
        if not any(k in taken for k in own):
            taken |= dict.fromkeys(own, run)
    pieces, done = [], set[int]()
    first = next((k for k in range(count) if taken.get(k) is not taken.get((k - 1) % count)), 0)
    for k in ((first + i) % count for i in range(count)):
        run = taken.get(k)
        if run is None:
            pieces.append(_Piece(_between(places, corners, k, 1)))
        elif run[0] not in done:
            done.add(run[0])
            pieces.append(_Piece(_between(places, corners, run[0], run[1]), run[2]))
    return pieces


def _sharp(pieces: list[_Piece], off: float) -> list[_Piece]:
    """Without what pictures put into corners: short pieces between lines that meet there."""
    found = list(pieces)
    while len(found) > 3:
        for k, piece in enumerate(found):
            before, after = found[k - 1], found[(k + 1) % len(found)]
            if before.circle is not None or after.circle is not None or _long(piece) > _SHORT * off:
                continue
            (_, a), (_, b) = before.line, after.line
            longer = min(_long(before), _long(after)) > _long(piece)
            if longer and abs(float(a[0] * b[1] - a[1] * b[0])) > math.sin(_SHARP):
                del found[k]
                break
        else:
            break
    return found


def _long(piece: _Piece) -> float:
    return float(np.hypot(*(piece.places[-1] - piece.places[0])))


def _between(places: Array, corners: Sequence[int], start: int, length: int) -> Array:
    first, last = corners[start], corners[(start + length) % len(corners)]
    last += len(places) if last <= first else 0
    return places[[k % len(places) for k in range(first, last + 1)]]


def _meeting(before: _Piece, after: _Piece, off: float) -> Vec2:
    """Where two pieces meet: lines in a corner, a line that touches an arc where it does."""
    here = after.places[0]
    if before.circle is None and after.circle is None:
        (p, a), (q, b) = before.line, after.line
        cross = float(a[0] * b[1] - a[1] * b[0])
        if abs(cross) > math.sin(_MEET):
            d = q - p
            here = p + float(d[0] * b[1] - d[1] * b[0]) / cross * a
    elif before.circle is None or after.circle is None:
        line, arc = (before, after) if before.circle is None else (after, before)
        assert arc.circle is not None
        (p, way), center = line.line, arc.circle[:2]
        touching = p + float((center - p) @ way) * way
        if abs(float(np.hypot(*(touching - center))) - arc.circle[2]) < 2 * off:
            here = touching
        else:
            here = p + float((here - p) @ way) * way
    return (float(here[0]), float(here[1]))


def _curve(piece: _Piece, start: Vec2, end: Vec2) -> Curve:
    if piece.circle is None:
        return Line(start, end)
    x, y = piece.places[len(piece.places) // 2].tolist()
    return Arc(start, (x, y), end)
