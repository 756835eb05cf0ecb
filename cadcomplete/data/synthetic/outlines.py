"""Closed outlines, counter-clockwise: discs, and paths of lines and arcs.

A vertex of a path is (x, y, sweep): the curve to the next vertex is a line if `sweep` is 0, and
else an arc over so many degrees, positive counter-clockwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cadcomplete.history.geometry import Vec2

Vertex = tuple[float, float, float]
Path = list[Vertex]


class Disc(NamedTuple):
    """A full circle."""

    x: float
    y: float
    radius: float


Outline = Disc | Path


class Region(NamedTuple):
    """What can be extruded of a sketch: an outline without its holes."""

    outer: Outline
    holes: tuple[Outline, ...] = ()


# --- moving -------------------------------------------------------------------------------------


def moved(outline: Outline, dx: float, dy: float) -> Outline:
    if isinstance(outline, Disc):
        return Disc(outline.x + dx, outline.y + dy, outline.radius)
    return [(x + dx, y + dy, sweep) for x, y, sweep in outline]


def turned(outline: Outline, degrees: float) -> Outline:
    """Return the outline turned counter-clockwise around the origin; quarter turns are exact."""
    c, s = cos_sin(degrees)
    if isinstance(outline, Disc):
        return Disc(c * outline.x - s * outline.y, s * outline.x + c * outline.y, outline.radius)
    return [(c * x - s * y, s * x + c * y, sweep) for x, y, sweep in outline]


def mirrored(outline: Outline) -> Outline:
    """Return the outline with x and -x exchanged, counter-clockwise again."""
    if isinstance(outline, Disc):
        return Disc(-outline.x, outline.y, outline.radius)
    return reversed_path([(-x, y, -sweep) for x, y, sweep in outline])


def reversed_path(path: Path) -> Path:
    """Return the same curves run through the other way."""
    return [(*path[i][:2], -path[i - 1][2]) for i in range(len(path) - 1, -1, -1)]


def cos_sin(degrees: float) -> Vec2:
    """Return cosine and sine, exact for quarter turns."""
    quarters, rest = divmod(degrees, 90.0)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    angle = math.radians(degrees)
    return (math.cos(angle), math.sin(angle))


def on_circle(count: int, radius: float, *, first: float = 0.0) -> list[Vec2]:
    """Return points evenly spaced on a circle around the origin."""
    angles = (cos_sin(first + 360.0 * i / count) for i in range(count))
    return [(radius * c, radius * s) for c, s in angles]


# --- straight -----------------------------------------------------------------------------------


def polygon(points: Iterable[Vec2]) -> Path:
    return [(x, y, 0.0) for x, y in points]


def rectangle(width: float, height: float, x: float = 0.0, y: float = 0.0) -> Path:
    """Return a rectangle around (x, y)."""
    a, b = width / 2, height / 2
    return [(x - a, y - b, 0.0), (x + a, y - b, 0.0), (x + a, y + b, 0.0), (x - a, y + b, 0.0)]


def regular(sides: int, across_corners: float, *, first: float = 0.0) -> Path:
    return polygon(on_circle(sides, across_corners / 2, first=first))


def from_widths(steps: Sequence[Vec2]) -> Path:
    """Return an outline symmetric to x = 0 from (half width, y) of its right side, upwards."""
    right = list(steps)
    return polygon([*right, *((-x, y) for x, y in reversed(right) if x > 0)])


# --- with arcs ----------------------------------------------------------------------------------


def slot(length: float, width: float, x: float = 0.0, y: float = 0.0) -> Path:
    """Return a slot along x with round ends; `length` is over all."""
    a, b = (length - width) / 2, width / 2
    return [
        (x - a, y - b, 0.0),
        (x + a, y - b, 180.0),
        (x + a, y + b, 0.0),
        (x - a, y + b, 180.0),
    ]


def rounded(path: Path, radii: Sequence[float]) -> Path:
    """Return a polygon with its corners rounded by the given radii; 0 leaves a corner sharp.

    A radius is smaller where an edge is too short for it.
    """
    result: Path = []
    for i, (x, y, _) in enumerate(path):
        radius = radii[i % len(radii)]
        before, after = path[i - 1], path[(i + 1) % len(path)]
        shorter = min(math.dist(before[:2], (x, y)), math.dist((x, y), after[:2]))
        ax, ay = _direction(before, (x, y))
        bx, by = _direction((x, y), after)
        turn = math.atan2(ax * by - ay * bx, ax * bx + ay * by)
        if radius <= 0 or abs(turn) < 1e-6:
            result.append((x, y, 0.0))
            continue
        cut = min(radius * abs(math.tan(turn / 2)), 0.45 * shorter)
        result.append((x - ax * cut, y - ay * cut, round(math.degrees(turn), 6)))
        result.append((x + bx * cut, y + by * cut, 0.0))
    return result


def chamfered(path: Path, legs: Sequence[float]) -> Path:
    """Return a polygon with its corners cut off, `legs` from each corner."""
    result: Path = []
    for i, (x, y, _) in enumerate(path):
        leg = legs[i % len(legs)]
        if leg <= 0:
            result.append((x, y, 0.0))
            continue
        ax, ay = _direction(path[i - 1], (x, y))
        bx, by = _direction((x, y), path[(i + 1) % len(path)])
        result += [(x - ax * leg, y - ay * leg, 0.0), (x + bx * leg, y + by * leg, 0.0)]
    return result


def _direction(start: Sequence[float], end: Sequence[float]) -> Vec2:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    return (dx / length, dy / length)


def tombstone(width: float, height: float) -> Path:
    """Return a rectangle with a half circle on top, the box around it centred."""
    a, b = width / 2, height / 2
    return [(-a, -b, 0.0), (a, -b, 0.0), (a, b - a, 180.0), (-a, b - a, 0.0)]


def segment(radius: float, height: float) -> Path:
    """Return what a horizontal line leaves of a disc above it; `height` from line to top."""
    y = radius - height
    x = math.sqrt(radius * radius - y * y)
    sweep = 2 * math.degrees(math.acos(max(-1.0, min(1.0, y / radius))))
    return [(-x, y, 0.0), (x, y, sweep)]


def pie(radius: float, degrees: float) -> Path:
    """Return a piece of a disc from the x axis on."""
    c, s = cos_sin(degrees)
    return [(0.0, 0.0, 0.0), (radius, 0.0, degrees), (radius * c, radius * s, 0.0)]


def band(inner: float, outer: float, degrees: float, *, first: float = 0.0) -> Path:
    """Return a piece of a ring."""
    (a, b), (c, d) = cos_sin(first), cos_sin(first + degrees)
    return [
        (inner * a, inner * b, 0.0),
        (outer * a, outer * b, degrees),
        (outer * c, outer * d, 0.0),
        (inner * c, inner * d, -degrees),
    ]


def link(length: float, left: float, right: float) -> Path:
    """Return the hull of two discs `length` apart, with these radii, tangent lines between."""
    tilt = math.degrees(math.acos((left - right) / length))
    c, s = cos_sin(tilt)
    return [
        (left * c, -left * s, 0.0),
        (length + right * c, -right * s, 2 * tilt),
        (length + right * c, right * s, 0.0),
        (left * c, left * s, 360.0 - 2 * tilt),
    ]


def teeth(count: int, root: float, tip: float, *, foot: float, top: float, arcs: bool) -> Path:
    """Return a wheel with teeth between two radii.

    `foot` and `top` are the shares of a pitch that a tooth has at its foot and at its top; with
    `arcs` both circles are arcs, else straight.
    """
    pitch, path = 360.0 / count, []
    for i in range(count):
        middle = i * pitch
        for radius, offset, width in (
            (root, -foot / 2, 0.0),
            (tip, -top / 2, top),
            (tip, top / 2, 0.0),
            (root, foot / 2, 1.0 - foot),
        ):
            c, s = cos_sin(middle + offset * pitch)
            path.append((radius * c, radius * s, width * pitch if arcs else 0.0))
    return path


def scallops(count: int, radius: float, depth: float) -> Path:
    """Return a round knob: lobes outwards, hollows between, all of them arcs."""
    path: Path = []
    pitch = 360.0 / count
    chord = 2 * radius * math.sin(math.radians(pitch / 4))
    hollow = 4 * math.degrees(math.atan(2 * min(depth, 0.45 * chord) / chord))
    for i in range(count):
        (a, b), (c, d) = cos_sin(i * pitch), cos_sin((i + 0.5) * pitch)
        path += [(radius * a, radius * b, pitch / 2), (radius * c, radius * d, -hollow)]
    return path
